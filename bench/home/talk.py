"""Conversations at the kiosk: turns of a session, most of them about nothing, some that tell."""

from bench.home.days import DAYS, at
from bench.home.diary import Diary
from bench.home.tales import CHANGES, TALES, Tale

KIOSK = "kiosk-1"
OPENINGS = (
    "Good morning", "Hello there", "Hi, it's me", "Kiosk, are you listening?", "One moment of your time", "Hey you",
)  # fmt: skip
SMALL_TALK = (
    ("What will the weather be like {when}?", "Clouds, with some sun {when}"), ("Set a timer for the {food}", "{n} minutes, starting now"),
    ("Add {food} to the list", "The list has {n} entries with {food}"), ("Tell me a joke about {thing}", "I know {n} of {thing}, none is good"),
    ("How long is the drive to the {place}?", "{n} minutes with this traffic"), ("Play something with {thing}", "Here are {n} songs"),
    ("What's {n} times fourteen?", "I make it {n} dozen and a bit"), ("Who won the match {when}?", "Union, by {n} points"),
    ("Is the {place} open {when}?", "For {n} more hours"), ("How do I spell {thing}?", "As it sounds: {thing}"),
    ("Any news of the {place}?", "The {place} gets a new roof"), ("Remind me to call the {place}", "I will, at {n}"),
    ("When does the sun set {when}?", "At about six"), ("How many grams is a cup of {food}?", "Around {n} times ten"),
    ("Turn the volume to {n}", "The volume is {n}"), ("What's on at the {place}?", "A show about {thing}"),
)  # fmt: skip
SLOTS = {
    "when": ("today", "tomorrow", "at noon", "tonight", "at the weekend"),
    "food": ("eggs", "rice", "butter", "noodles", "oats", "flour", "potatoes", "lentils", "tofu", "apples"),
    "thing": ("trumpets", "lighthouses", "penguins", "rhythm", "volcanoes", "trains", "clowns", "the moon"),
    "place": ("library", "station", "cinema", "dentist", "museum", "bakery", "town hall", "post office"),
}
NUMBERS = (2, 60)
ANSWERS = (
    "Noted",
    "I'll remember that",
    "Good to know, {who}",
    "Thank you for telling me",
    "All right, {who}",
)
EPISODES = (
    ("the old sofa", ("Ana: The springs are poking through the couch", "Ben: We could have it reupholstered, or get rid of it",
                      "Ana: Let's {x}", "Kiosk: I'll put that on the plan"),
     ("give it to the refugee centre", "sell it online for fifty euros", "let my cousin have it"), "What is to become of the couch?"),
    ("the school play", ("Mia: I got a part in the theatre piece", "Kiosk: Congratulations! Which one?", "Mia: I am {x}",
                         "Ben: We'll sew the costume ourselves"),
     ("the wolf", "the second tree", "the snow queen"), "Which role does Mia have on stage?"),
    ("the new bike", ("Ben: My old frame is cracked for good", "Ana: Then buy one that carries Mia too", "Ben: I'd go for {x}",
                      "Kiosk: Shall I look for offers?"),
     ("a longtail with a motor", "a tandem", "a three-wheeler with a box"), "What kind of cycle is Ben going to purchase?"),
    ("the neighbours", ("Ana: Mr Novak came down because of the drilling", "Kiosk: What did you agree on?",
                        "Ana: No drilling {x}, and he lends us his ladder", "Ben: Fair enough"),
     ("after six", "on Sundays", "between one and three"), "What was arranged with Mr Novak about noise?"),
    ("the present for Vera", ("Ben: What do we give your mother?", "Ana: She has been talking about {x}", "Mia: And I paint a card!",
                              "Kiosk: I can order it by Friday"),
     ("a bird feeder", "a course in Italian", "an electric blanket"), "What gift was chosen for grandma?"),
    ("the mould", ("Ana: There are black spots behind the wardrobe", "Ben: That corner never dries", "Kiosk: Its humidity was above 70 percent",
                   "Ana: The expert advised {x}"),
     ("to air three times a day", "to insulate the outer wall", "to pull the wardrobe forward"), "What is the recommendation against the fungus in the corner?"),
    ("the pet", ("Mia: Can we have a second one, so that Minka isn't lonely?", "Ana: She would rather have peace", "Ben: If at all, then {x}",
                 "Mia: Yes!"),
     ("an old cat from the shelter", "a pair of guinea pigs", "a tortoise"), "Which animal might join the family?"),
    ("the energy bill", ("Kiosk: You used a fifth more electricity than last year", "Ben: That must be {x}", "Ana: Then let us see what it costs a week"),
     ("the tumble dryer", "the aquarium heater", "the old freezer"), "What did Ben suspect to push up the consumption?"),
)  # fmt: skip
"""Topic, turns, what a seed draws, and the question that they answer."""


def converse(diary: Diary) -> None:
    """A month of conversations: two or three a day, and every tale told in one of them."""
    tales = [(diary.chance.randint(1, DAYS - 1), tale, "told") for tale in TALES]
    for tale in CHANGES:
        first = diary.chance.randint(1, 12)
        tales += [(first, tale, "before"), (diary.chance.randint(first + 5, DAYS - 1), tale, "now")]
    drawn = {id(tale): diary.chance.sample(tale.answers, 2) for _, tale, _ in tales}
    for day in range(1, DAYS + 1):
        for _ in range(diary.chance.randint(1, 3)):
            _session(diary, day, [])
        for _, tale, when in [each for each in tales if each[0] == day]:
            answer = drawn[id(tale)][when == "now"]
            _session(diary, day, _telling(diary, tale, answer, f"{when} {tale.asked[0]}"))
    for topic, turns, answers, question in EPISODES:
        answer = diary.chance.choice(answers)
        told = [
            (turn.format(x=answer), f"episode {question}" if "{x}" in turn else f"of {topic}")
            for turn in turns
        ]
        _session(diary, diary.chance.randint(2, DAYS - 1), told)


def _telling(diary: Diary, tale: Tale, answer: str, mark: str) -> list[tuple[str, str]]:
    told = diary.chance.choice(tale.told).format(x=answer)
    answered = diary.chance.choice(ANSWERS).format(who=tale.who)
    return [(f"{tale.who}: {told[0].upper()}{told[1:]}", mark), (f"Kiosk: {answered}", "answer")]


def _session(diary: Diary, day: int, told: list[tuple[str, str]]) -> None:
    speaker = told[0][0].split(":")[0] if told else diary.chance.choice(("Ana", "Ben", "Mia"))
    turns = [(f"{speaker}: {diary.chance.choice(OPENINGS)}", "opening")]
    for asked, answered in diary.chance.sample(SMALL_TALK, diary.chance.randint(1, 3)):
        drawn = {name: diary.chance.choice(words) for name, words in SLOTS.items()}
        drawn["n"] = str(diary.chance.randint(*NUMBERS))
        turns += [(f"{speaker}: {asked.format(**drawn)}", "small talk")]
        turns += [(f"Kiosk: {answered.format(**drawn)}", "small talk")]
    turns += told
    hour, session = diary.chance.uniform(6.5, 21.0), f"talk-{diary.chance.getrandbits(32):08x}"
    for seq, (text, mark) in enumerate(turns):
        diary.note(KIOSK, "", at(day, hour) + 7 * seq, mark, text, kind="turn", session=session, seq=seq)
