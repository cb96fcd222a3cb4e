"""Questions of what is now, and of which device it was."""

from collections.abc import Iterator

from bench.home.asking import Asked, expect
from bench.home.diary import Diary
from bench.home.incidents import DEVICES, SERVICES

STATES = (
    ("Is the front door shut?", "hall", "front_door"),
    ("Is the garden door closed?", "garden", "garden_door"),
    ("Is the bedroom window open?", "bedroom", "window"),
    ("Did somebody leave the bathroom window open?", "bathroom", "window"),
    ("Is the light in the kitchen still on?", "kitchen", "light"),
    ("Is it dark in the living room, or is the light on?", "living-room", "light"),
    ("Is the garden lit?", "garden", "light"),
    ("Is the garage closed now?", "hall", "garage_door"),
    ("Is the heater in the bathroom running?", "bathroom", "heater"),
    ("Is Ana at home?", "ana", "presence"),
    ("Where is Ben right now, home or away?", "ben", "presence"),
    ("Has Mia come home yet?", "mia", "presence"),
    ("Is the burglar alarm on?", "hall", "alarm"),
    ("Is the washing machine still running?", "bathroom", "washing_machine"),
    ("What is the vacuum doing at the moment?", "living-room", "vacuum"),
    ("What temperature is the heating set to?", "living-room", "target_temperature"),
    ("How warm is it in the kitchen right now?", "kitchen", "temperature"),
    ("What is the temperature outside at the moment?", "garden", "temperature"),
    ("How humid is the bathroom now?", "bathroom", "humidity"),
    ("Does the ficus have enough moisture in its soil?", "living-room", "soil_moisture"),
    ("How windy is it in the garden now?", "garden", "wind_speed"),
    ("What is the current CO2 in the bedroom?", "bedroom", "co2"),
    ("Is the television drawing power now?", "living-room", "tv_power"),
    ("Can the dishwasher be emptied?", "kitchen", "dishwasher"),
)  # fmt: skip
FINDERS = (
    ("incident leak", "leak-kitchen", "Which sensor told us of the flooding in the kitchen?"),
    ("incident leak", "valve", "Which device turned off the water?"),
    ("incident toast", "smoke-kitchen", "Which detector was triggered by the breakfast?"),
    ("incident hedgehog", "camera-garden", "Which device saw the hedgehog first?"),
    ("incident storm", "awning", "What protected itself from the gale?"),
    ("incident power", "fridge", "Which appliance had warmed up in the power outage?"),
    ("incident party", "speaker", "Which device made the noise at the celebration?"),
    ("incident visit", "lock", "What let Mia's grandmother in?"),
)  # fmt: skip
"""Of an incident, the device whose entry answers."""


def questions(diary: Diary) -> Iterator[Asked]:
    """Every state once; every service, and the devices of incidents."""
    for text, place, attribute in STATES:
        newest = diary.series(place, attribute)[-1]
        asked_of = "_all" if diary.chance.random() < 0.7 else place
        yield Asked("state", text, [newest], asked_of, expect([newest], last=newest.value))
    for mark, _, text in SERVICES:
        yield Asked("device", text, diary.of(f"service {mark}"))
    for mark, device, text in FINDERS:
        yield Asked("device", text, [each for each in diary.of(mark) if each.device == device])
    serviced = diary.chance.choice([each for mark, *_ in SERVICES for each in diary.of(f"service {mark}")])
    place, name = DEVICES[serviced.said["meta"]["of"]]
    yield Asked("device", f"What became of the {name} in maintenance?", [serviced], place)
