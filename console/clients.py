"""How Mosquitto's own clients are told where a broker is. Pure."""

from broker_bridge.tls import Trust
from broker_bridge.url import BrokerUrl


def to_mosquitto(broker: BrokerUrl, trust: Trust) -> list[str]:
    """The options of mosquitto_pub, mosquitto_sub and mosquitto_rr: where, as whom, and trusting whom."""
    options = ["-h", broker.host, "-p", str(broker.port)]
    if broker.username is not None and broker.password is not None:
        options += ["-u", broker.username, "-P", broker.password]
    if not broker.tls:
        return options
    options += ["--tls-use-os-certs"] if trust.ca is None else ["--cafile", trust.ca]
    if trust.certificate is not None:
        options += ["--cert", trust.certificate, "--key", trust.key or trust.certificate]
    return options
