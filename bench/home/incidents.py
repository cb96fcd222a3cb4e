"""What happens once: a leak, a party, a day in bed; and what is done to devices. Each with how it is asked for."""

from dataclasses import dataclass

from bench.home.days import at
from bench.home.diary import Diary


@dataclass(frozen=True, slots=True)
class Incident:
    """Told by several entries, of one evening or day; asked for in words of its own."""

    name: str
    hour: float
    told: tuple[tuple[float, str, str, tuple[str, ...]], ...]
    """Hours after the first, device, place, wordings."""
    asked: tuple[str, ...]
    """When it was."""


INCIDENTS = (
    Incident("leak", 18.5, (
        (0, "leak-kitchen", "kitchen", ("Water on the floor below the sink!", "Moisture detected under the sink")),
        (0.2, "valve", "kitchen", ("Main valve shut by itself", "Water supply cut off as a precaution")),
        (1.1, "kiosk-1", "kitchen", ("Ben tightened the siphon and mopped up", "Ben sealed the drain pipe, it is dry again")),
    ), ("When did the kitchen get flooded?", "On which day was there a leak?")),
    Incident("party", 19.0, (
        (0, "doorbell", "hall", ("Eleven guests have arrived", "The living room fills up: a dozen visitors")),
        (1.5, "speaker", "living-room", ("Playing the playlist 'Disco 79' very loudly", "Dance music at full volume")),
        (3.4, "kiosk-1", "kitchen", ("The neighbour from upstairs asked for less noise", "Mr Novak complained that it was too loud")),
        (4.6, "kiosk-1", "living-room", ("A red wine stain on the carpet, treated with salt", "Someone spilt wine over the carpet")),
    ), ("When was the big celebration?", "On what date did we have a party?")),
    Incident("sick", 7.5, (
        (0, "kiosk-1", "mia", ("Mia has a temperature of 38.9 and stays in bed", "Mia is running a fever and misses school")),
        (3.0, "kiosk-1", "mia", ("The paediatrician prescribed syrup for Mia", "Doctor on the phone: fluids and syrup for Mia")),
        (9.0, "kiosk-1", "mia", ("Mia slept all afternoon and ate some broth", "Mia had soup and is feeling a bit better")),
    ), ("When was Mia ill?", "Which day did Mia not go to class?")),
    Incident("power", 13.2, (
        (0, "gateway", "hall", ("Running on battery: mains lost", "No mains voltage, on the backup battery")),
        (0.7, "gateway", "hall", ("Mains are back after 41 minutes", "Electricity restored")),
        (0.8, "fridge", "kitchen", ("Fridge restarted at 9 degrees inside", "Cooling again, inside it is 9 degrees")),
    ), ("When was there a power outage?", "When did the electricity fail?")),
    Incident("toast", 8.1, (
        (0, "smoke-kitchen", "kitchen", ("Smoke! Siren on", "Siren sounding: smoke near the ceiling")),
        (0.1, "kiosk-1", "kitchen", ("False alarm, Ben burnt the toast", "Just charred toast, says Ben")),
    ), ("When did the fire alarm go off?", "On which day did breakfast set off the detector?")),
    Incident("hedgehog", 22.0, (
        (0, "camera-garden", "garden", ("An animal moves by the compost", "Something small and spiky walks along the fence")),
        (0.4, "kiosk-1", "garden", ("Mia found a hedgehog and put out cat food for it", "It is a hedgehog; Mia built it a leaf pile")),
    ), ("When did the hedgehog visit?", "On which night was a wild animal spotted outside?")),
    Incident("storm", 15.0, (
        (0, "weather-garden", "garden", ("Gusts of 85 km/h", "Violent gusts, 85 km/h at the mast")),
        (0.3, "awning", "garden", ("Awning rolled in for its safety", "Sunshade retracted because of the wind")),
        (2.0, "kiosk-1", "garden", ("The trampoline was blown into the hedge", "Trampoline ended up in the neighbour's hedge")),
    ), ("When did the gale hit us?", "On which day was the trampoline carried off?")),
    Incident("trip", 8.0, (
        (0, "kiosk-1", "", ("Everybody is off to the Baltic Sea, holiday mode on", "Holiday mode: the family drives to the coast")),
        (35.0, "kiosk-1", "", ("Home from the sea, holiday mode ended", "The family is back with a bucket of shells")),
    ), ("When were we all at the seaside?", "When did the vacation setting come on?")),
    Incident("visit", 16.0, (
        (0, "lock", "hall", ("Opened with the guest code of Grandma Vera", "Grandma Vera let herself in")),
        (0.5, "kiosk-1", "kitchen", ("Vera baked a plum cake with Mia", "Mia and Vera have a plum cake in the oven")),
    ), ("When did Mia's grandmother come round?", "On which day was a cake baked?")),
    Incident("tyre", 17.5, (
        (0, "kiosk-1", "ben", ("Ben cycled over glass and has to push his bike", "Ben's bike has a puncture")),
        (1.5, "kiosk-1", "ben", ("Ben patched the inner tube in the garage", "Ben mended the tube, it holds")),
    ), ("When did Ben get a flat tyre?",)),
)  # fmt: skip

DEVICES = {
    "thermo-kitchen": ("kitchen", "kitchen thermometer"), "thermo-bathroom": ("bathroom", "bathroom thermometer"),
    "thermo-bedroom": ("bedroom", "bedroom thermometer"), "contact-front": ("hall", "front door contact"),
    "contact-garden": ("garden", "garden door contact"), "plug-tv": ("living-room", "television plug"),
    "smoke-kitchen": ("kitchen", "kitchen smoke detector"), "leak-kitchen": ("kitchen", "water sensor at the sink"),
    "air-bedroom": ("bedroom", "air quality sensor"), "camera-garden": ("garden", "garden camera"),
    "plant-ficus": ("living-room", "ficus probe"), "light-garden": ("garden", "garden lamp"),
    "vacuum": ("living-room", "robot vacuum"), "doorbell": ("hall", "video doorbell"),
}  # fmt: skip
"""What can be serviced: where it is, and its name."""

SERVICES = (
    ("battery", ("Two fresh AAA cells put into the {name}", "{name}: power cells replaced", "New batteries inserted, {name}"),
     "Which sensor had its battery changed?"),
    ("offline", ("Lost contact with the {name}", "{name} has not been heard from for six hours"),
     "Which device dropped off the network?"),
    ("firmware", ("{name}: firmware 3.{n} installed", "The {name} was brought up to version 3.{n}"),
     "Which device received a software update?"),
    ("restart", ("Ben pulled the plug of the {name} and put it back", "{name} power-cycled by Ben"),
     "Which device did Ben reboot?"),
    ("moved", ("The {name} now hangs behind the cupboard", "{name} relocated by Ana to a shelf"),
     "Which device was put in another spot?"),
    ("nonsense", ("{name} reports impossible figures, ignored", "Garbage from the {name}: wire loose?"),
     "Which sensor was broken and gave wrong values?"),
    ("dirty", ("Ana wiped dust off the {name}", "{name}: cleaned by Ana with a cloth"),
     "Which device did Ana clean?"),
    ("low", ("{name}: 8 percent charge left", "The {name} is nearly empty, 8 percent"),
     "Which device was about to run out of power?"),
    ("knocked", ("Minka knocked the {name} off", "{name} fell, the cat was at it"),
     "Which device did Minka throw down?"),
    ("paired", ("{name} joined the hub anew", "Re-paired the {name} after its reset"),
     "Which device had to be connected again?"),
    ("warranty", ("Sent the {name} in under guarantee, a spare is on its way", "{name}: exchange under guarantee requested"),
     "Which device is being replaced by its maker?"),
)  # fmt: skip
"""What was done to one device each: its mark, wordings, and the question whose answer is the device."""


def happen(diary: Diary) -> None:
    """Each incident and each service once, on a day of its own."""
    days = diary.chance.sample(range(2, 31), len(INCIDENTS))
    for incident, day in zip(INCIDENTS, days, strict=True):
        shift_h = diary.chance.uniform(-0.4, 0.4)
        for after_h, device, place, texts in incident.told:
            when = at(day, incident.hour + shift_h + after_h)
            diary.note(device, place, when, f"incident {incident.name}", texts, kind="event", importance=0.7)
    devices = diary.chance.sample(sorted(DEVICES), len(SERVICES))
    for (mark, texts, _), device in zip(SERVICES, devices, strict=True):
        place, name = DEVICES[device]
        when = at(diary.chance.randint(2, 30), diary.chance.uniform(9, 20))
        worded = [_upper(text.format(name=name, n=diary.chance.randint(1, 40))) for text in texts]
        diary.note(
            _reporter(mark, device), place, when, f"service {mark}", worded, kind="event", meta={"of": device}
        )


def _reporter(mark: str, device: str) -> str:
    """Who tells of it: a device that cannot speak for itself is spoken of."""
    return device if mark in {"firmware", "low"} else "gateway"


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]
