"""What people tell the kiosk, once or anew: each with several answers of which a seed draws, and questions."""

from dataclasses import dataclass

PREFERENCE, FACT, ROUTINE = "preference", "fact", "routine"


@dataclass(frozen=True, slots=True)
class Tale:
    """One thing that somebody tells; `{x}` is what a seed draws."""

    who: str
    category: str
    answers: tuple[str, ...]
    told: tuple[str, ...]
    asked: tuple[str, ...]
    """First in other words than it was told, then in some of the same; the first is its mark, too."""
    asked_before: str = ""
    """Of what was true before, where minds change."""


TALES = (
    Tale("Ana", PREFERENCE, ("rooibos", "a flat white", "hot lemon", "green tea"),
         ("I can't begin the day without {x}", "Get me {x} first thing, please"), ("What does Ana drink after getting up?", "What does Ana begin the day with?")),
    Tale("Ben", PREFERENCE, ("coriander", "blue cheese", "olives", "celery"),
         ("Please never again anything with {x}, it makes me shudder", "I really can't stand {x}"), ("Which food does Ben dislike?", "What makes Ben shudder?")),
    Tale("Mia", PREFERENCE, ("the one with the otter", "the dragon story", "the moon book", "the pirate tale"),
         ("At bedtime read me {x} again", "I want {x} before I sleep"), ("What does Mia like to hear in the evening?", "What should I read to Mia at bedtime?")),
    Tale("Ana", PREFERENCE, ("jazz", "Bach", "bossa nova", "old blues"),
         ("When I work, put {x} on quietly", "{x} helps me to concentrate at my desk"), ("What music suits Ana at work?", "What helps Ana to concentrate?")),
    Tale("Ben", PREFERENCE, ("16 degrees", "17 degrees", "15 degrees"),
         ("I only sleep well at {x}", "Anything above {x} keeps me awake at night"), ("How cool does Ben want it in bed?", "At how many degrees does Ben sleep well?")),
    Tale("Mia", PREFERENCE, ("turquoise", "orange", "violet"),
         ("Make my lamp {x}, it is the best", "{x} is what my lamp must be"), ("Which colour of light does Mia love?", "Which colour should Mia's lamp have?")),
    Tale("Ana", PREFERENCE, ("an aisle seat", "a window seat", "the quiet coach"),
         ("On trains I always book {x}", "If you reserve, take {x} for me"), ("Where does Ana prefer to sit on a journey?", "Which seat do I reserve for Ana on the train?")),
    Tale("Ben", PREFERENCE, ("thin and crispy", "with double cheese", "with anchovies"),
         ("My pizza has to be {x}", "Order mine {x}, as ever"), ("How does Ben take his pizza?", "Which pizza do we order for Ben?")),
    Tale("Ana", PREFERENCE, ("lavender", "cedar", "no scent at all"),
         ("For the washing powder: {x}, please", "Buy the detergent with {x}"), ("What should the laundry smell of, for Ana?", "Which detergent does Ana buy?")),
    Tale("Mia", PREFERENCE, ("pears", "mangoes", "grapes"),
         ("Can there be {x} in my school box", "Only {x} in my lunch, not bananas"), ("What fruit does Mia want to take along?", "What belongs into Mia's lunch?")),
    Tale("Ben", PREFERENCE, ("the radio news", "birdsong", "a cello"),
         ("Wake me with {x}", "I'd like to get up to {x}"), ("What sound should Ben's alarm clock make?", "What should wake Ben?")),
    Tale("Ana", FACT, ("nuts", "penicillin", "wasp stings", "shellfish"),
         ("The doctor says I am allergic to {x}", "Remember, {x} could send me to hospital"), ("What must Ana avoid for her health?", "What is Ana allergic to?")),
    Tale("Ben", FACT, ("behind the boiler", "in the blue tin", "under the third flower pot"),
         ("I've hidden the spare key {x}", "Our second key now lives {x}"), ("How do we get in when locked out?", "Where is our second key?")),
    Tale("Ana", FACT, ("Mrs Lindqvist", "Mr Okafor", "Dr Baumann"),
         ("Our new landlord is called {x}", "The house was sold, rent goes to {x} now"), ("Who owns the flat?", "What is our landlord called?")),
    Tale("Ben", FACT, ("in 2019", "in 2021", "in 2017"),
         ("We had the boiler put in {x}", "The heating system dates from {x}: I found the invoice"), ("How old is our furnace?", "When was the boiler installed?")),
    Tale("Mia", FACT, ("Jonas", "Aylin", "Pelle", "Noor"),
         ("I sit next to {x} at school this year", "{x} is my desk neighbour"), ("Who is beside Mia in the classroom?", "Next to whom does Mia sit at school?")),
    Tale("Ana", FACT, ("on 12 March", "on 3 June", "on 27 August"),
         ("My mother Vera has her birthday {x}", "Vera was born {x}, don't forget"), ("When does grandma turn a year older?", "When is Vera's birthday?")),
    Tale("Ben", FACT, ("40 litres", "25 litres", "60 litres"),
         ("The rain barrel holds {x}", "I measured the butt by the shed: {x}"), ("How much fits into the water butt outside?", "How big is the rain barrel?")),
    Tale("Ana", FACT, ("plot 14", "plot 27", "plot 31"),
         ("They gave us {x} in the allotment club", "We have {x} among the allotments"), ("Which garden parcel was assigned to us?", "Which allotment is ours?")),
    Tale("Ben", FACT, ("Volkov and Sons", "Meyer Sanitary", "Aqua Rapid"),
         ("If pipes burst, call {x}", "{x} are the plumbers to phone"), ("Whom do we ring about the pipes?", "Which plumbers do we call?")),
    Tale("Ana", FACT, ("a size 38", "a size 41", "a size 36"),
         ("For slippers, I take {x}", "My feet need {x}"), ("How large are Ana's shoes?", "What size of slippers does Ana take?")),
    Tale("Mia", FACT, ("a loose tooth", "new glasses", "a plaster cast"),
         ("Guess what, I've got {x}!", "Everyone at school saw {x} of mine"), ("What did Mia show her classmates?", "What did everyone see at Mia's school?")),
    Tale("Ben", ROUTINE, ("on Mondays", "on Wednesdays", "on Fridays"),
         ("The bins go out {x} before seven", "{x} early is rubbish collection"), ("On which weekday is the garbage taken away?", "When do the bins have to go out?")),
    Tale("Ana", ROUTINE, ("at half past six", "at seven", "at a quarter to six"),
         ("I go running {x} every weekday", "My lap around the lake starts {x}"), ("At what hour does Ana do her jogging?", "When does Ana go running?")),
    Tale("Mia", ROUTINE, ("on Tuesdays", "on Thursdays", "on Saturdays"),
         ("My violin lesson is {x}", "{x} I have to be at the music school"), ("When is Mia taught her instrument?", "On which day is the violin lesson?")),
    Tale("Ben", ROUTINE, ("every ten days", "every other week", "once a month"),
         ("I descale the espresso maker {x}", "{x} the coffee machine gets its citric acid"), ("How frequently is limescale removed?", "How often does Ben descale the coffee machine?")),
    Tale("Ana", ROUTINE, ("lentil soup", "pancakes", "fish fingers"),
         ("On Fridays we always have {x}", "{x}, as every Friday"), ("What is eaten at the end of the working week?", "What do we have for dinner on Fridays?")),
    Tale("Ben", ROUTINE, ("his brother Tom", "his friend Igor", "aunt Rosa"),
         ("On Sunday evenings I video-call {x}", "{x} gets my call each Sunday"), ("With whom does Ben talk at weekends?", "Whom does Ben call on Sunday evenings?")),
    Tale("Mia", ROUTINE, ("two stars", "three stickers", "an extra story"),
         ("If I tidy up by six I earn {x}", "Tidying my room gives me {x}"), ("What is the reward for cleaning up her toys?", "What does Mia earn for tidying her room?")),
    Tale("Ana", ROUTINE, ("ten minutes", "fifteen minutes", "half an hour"),
         ("After lunch I lie down for {x}", "My nap takes {x}, no calls please"), ("How long does Ana rest at midday?", "How long is Ana's nap?")),
)  # fmt: skip

CHANGES = (
    Tale("Ana", "change", ("the gym in Elm Street", "the climbing hall", "the pool"),
         ("I have a membership at {x} from now on", "{x} is where I exercise"), ("Where does Ana do sports now?",), "Where did Ana train before?"),
    Tale("Ben", "change", ("the night shift", "the early shift", "part time"),
         ("They put me on {x} at the clinic", "My duty at the clinic: {x}"), ("What are Ben's current working hours?",), "How did Ben work originally?"),
    Tale("Mia", "change", ("a vet", "an astronaut", "a baker"),
         ("When I'm big I'll be {x}", "I have decided to become {x}"), ("What profession does Mia dream of now?",), "What did Mia first want to be?"),
    Tale("Ana", "change", ("Lisbon", "Oslo", "Crete"),
         ("For Easter let us plan on {x}", "I looked at flights, {x} it is for Easter"), ("What is the present destination of the spring holidays?",), "Where were we going to travel at first?"),
    Tale("Ben", "change", ("oat milk", "soy milk", "whole milk"),
         ("Put {x} on the shopping list for me", "For my cereal I take {x}"), ("What does Ben pour over his muesli nowadays?",), "What did Ben use earlier for breakfast?"),
    Tale("Ana", "change", ("a password of four words", "the fingerprint reader", "a code of six digits"),
         ("The safe opens with {x}", "We secure the safe by {x}"), ("How is the strongbox locked at the moment?",), "How was the strongbox protected previously?"),
)  # fmt: skip
"""What is told twice, differently: what is true now, and what was before."""
