"""Asks the demo's questions, as a kiosk over MQTT and from a shell, and shows what is answered."""

import asyncio
import shlex
import shutil
import time

import click

from broker_bridge import topics
from broker_bridge.faults import BrokerFault
from broker_bridge.tls import SYSTEM
from broker_bridge.topics import Address
from broker_bridge.url import BrokerUrl
from console.clients import to_mosquitto
from console.questions import QUESTIONS, SHELL, WHAT_IS_THERE, Question, answer_lines, as_json, took_ms
from edge.client import AsyncClient

SHELL_S_MAX = 15.0
"""For mosquitto_rr, which by itself waits for ever."""


async def ask_all(kiosk: AsyncClient) -> None:
    """Asks one question after another, and shows the answers.

    Raises:
        NoAnswer, NotAnswered: the memory is silent, or says why it does not answer.
    """
    await _ask(kiosk, WHAT_IS_THERE.words, WHAT_IS_THERE)
    for number, question in enumerate(QUESTIONS, 1):
        await _ask(kiosk, f"{number}. {question.words}", question)


async def ask_from_a_shell(broker: BrokerUrl, tenant: str) -> None:
    """The same with what Mosquitto brings: the command line, run, and what it prints.

    Raises:
        BrokerFault: it had no answer.
    """
    command = mosquitto_rr(broker, tenant, SHELL)
    click.echo(f"\n{SHELL.words} The line works as it is, while this runs:\n   {shlex.join(command)}")
    if shutil.which(command[0]) is None:
        click.echo("   (not run, for it is not installed: sudo apt-get install mosquitto-clients)")
        return
    click.echo(await _output(command))


def mosquitto_rr(broker: BrokerUrl, tenant: str, question: Question) -> list[str]:
    """The command that asks a question from a shell."""
    command = ["mosquitto_rr", *to_mosquitto(broker, SYSTEM)]
    address = Address(tenant, "shell", question.address)
    command += ["-q", "1", "-t", topics.of_client(topics.QUERY, address)]
    command += ["-e", topics.of_client(topics.REPLY, address)]
    return [*command, "-m", as_json(question.request)]


async def _ask(kiosk: AsyncClient, title: str, question: Question) -> None:
    begun = time.perf_counter()
    reply = await kiosk.ask(question.address, question.request)
    there_and_back_ms = (time.perf_counter() - begun) * 1000
    click.echo(f"\n{title}  {question.address}  {as_json(question.request)}")
    for line in answer_lines(question.request, reply):
        click.echo(f"   {line}")
    click.echo(f"   ({question.how})")
    click.echo(f"   answered in {took_ms(reply):.1f} ms, there and back in {there_and_back_ms:.1f} ms")


async def _output(command: list[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us, who end it
    )
    try:
        async with asyncio.timeout(SHELL_S_MAX):
            output, _ = await process.communicate()
    except TimeoutError:
        raise BrokerFault(
            f"{command[0]} had no answer within {SHELL_S_MAX:g} s",
            hint="see why: MEMBROKER_LOG_LEVEL=info membroker demo",
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise BrokerFault(
            f"{command[0]} ended with code {process.returncode}", hint="what it said stands above this line"
        )
    return output.decode(errors="replace").strip()
