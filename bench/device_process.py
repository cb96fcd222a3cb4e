"""What a device's process takes, stage by stage. Run as a file of its own: it loads nothing but `edge`.

device_process.py sync|async BROKER TENANT FOLDER; prints a line of JSON a stage.
"""

import sys
import time

OBSERVED = 1000
WAIT_S_MAX = 60.0


def stage(name: str, **more: float) -> None:
    """Tells the resident memory, in MB (10^6 bytes)."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib is one of the things measured
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    figures = ", ".join(f'"{key}": {value}' for key, value in {"mb": kib * 1024 / 1e6, **more}.items())
    print(f'{{"stage": "{name}", {figures}}}', flush=True)


def sync(broker: str, tenant: str, folder: str) -> None:
    """A sensor's life, and then a question, which a sensor does not ask."""
    stage("python")
    began = time.perf_counter()
    from edge import Device  # noqa: PLC0415 - measured

    stage("imported", seconds=time.perf_counter() - began)
    with Device(broker, tenant=tenant, client="sensor-1", entity="home7/kitchen", folder=folder) as device:
        while not device.stats().connected:
            time.sleep(0.05)
        stage("idle")
        for n in range(OBSERVED):
            device.observe(attribute="temperature", value=20 + n / 100, unit="Cel")
        assert device.drain(WAIT_S_MAX)
        stage("observed")
        assert str(device.recall("how warm is it?", deadline_s=WAIT_S_MAX).freshness) == "fresh"
        stage("recalled")


async def on_a_loop(broker: str, tenant: str, folder: str) -> None:
    """A kiosk's."""
    from asyncio import sleep  # noqa: PLC0415 - a sensor does not load it

    from edge import AsyncDevice  # noqa: PLC0415

    async with AsyncDevice(broker, tenant=tenant, client="kiosk-1", entity="home7", folder=folder) as device:
        while not device.stats().connected:
            await sleep(0.05)
        stage("idle")
        assert str((await device.recall("who is there?", deadline_s=WAIT_S_MAX)).freshness) == "fresh"
        stage("recalled")


if __name__ == "__main__":
    how, *arguments = sys.argv[1:]
    if how == "sync":
        sync(*arguments)
    else:
        import asyncio

        asyncio.run(on_a_loop(*arguments))
