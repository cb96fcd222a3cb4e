"""Which series of readings a question is about: by the attributes, places and devices there are. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memory.asking import Aggregate, Asked
from memory.naming import covered, head, is_called, meanings
from memory.quantities import Quantity, name_words, singular
from memory.word_forms import WordForms, words_in

_SETTINGS = frozenset({"target", "setpoint", "set", "desired", "threshold", "limit"})
"""In an attribute's name: it was set, not measured; meant only where the question says so."""
_ASKING = """
a an and any are as at be been by came come day days did do does each ever first for from get go goes had has
have high home hour how hours i in inside is it its last latest least low many month months most much my
now of often on off our out per reading readings room rooms house show tell than that the there time
times today to turn turned switch switched us was week weeks went were what when where which who year years
average mean maximum minimum max min peak highest lowest recent recently currently right night morning evening
open opened opens opening close closed closes closing shut lock locked unlocked run runs ran running start
started stop stopped finish finished ring rang rung press pressed leave left come came arrive arrived go back
somebody someone anybody anyone still yet again this away lit ready done doing
"""
_SAYS_NOTHING = frozenset(map(singular, _ASKING.split()))
"""Words that name no thing: `when did … last open`."""


_OUTSIDE = frozenset(
    {"outside", "outdoor", "garden", "balcony", "terrace", "patio", "yard", "weather", "exterior"}
)
"""Names of one place: who asks how cold it was outside does not say where the thermometer hangs."""


_SENSED = frozenset({"motion", "movement", "presence", "occupancy", "leak", "leakage"})
"""What one thing senses, whichever of these its attribute is called."""


_DOER = re.compile(r"\bdid ([A-Z]\w*)")
"""`How often did Ben feed the cat?` is not about the feeder; `was Minka fed?` names nobody who did it."""
UNSAID_MAX = 1
"""Words of `can the dishwasher be emptied?` that name nothing: with more of them it is another question."""


@dataclass(frozen=True, slots=True)
class Series:
    """The readings of an attribute of one entity by one device."""

    entity: str
    attribute: str
    device: str


def attributes_of(question: Asked, attributes: Iterable[str], forms: WordForms) -> list[str]:
    """Those of the attributes there are that a question may be about, in their order."""
    said = meanings(words_in(question.text), forms)
    found = []
    for attribute in attributes:
        words = name_words(attribute)
        # A question of warmth in the kitchen is not about an attribute `kitchen`, which may be a lamp.
        names_it = not question.meant and is_called(said, words, forms)
        # Of what happened the thing alone may be named: `fed` of `cat_food`; its device has to be, too.
        names_it = names_it or (_is_open_event(question) and is_called(said, head(attribute), forms))
        if names_it or (words & _meant_words(question) and not is_setting(question, attribute)):
            found.append(attribute)
    return found


def is_setting(question: Asked, attribute: str) -> bool:
    """Whether the attribute was set rather than measured, and is not what the question says."""
    said = name_words(question.text)
    return bool(name_words(attribute) & _SETTINGS) and not said & _SETTINGS


def units_of(question: Asked) -> frozenset[str]:
    """By which an attribute of any name would be what is asked for."""
    return frozenset().union(*(meant.quantity.units for meant in question.meant))


def chosen(question: Asked, there: Sequence[Series], scope_entity: str, forms: WordForms) -> list[Series]:
    """The series that the question names best: by most of its words. Where it names none, all of a quantity.

    Of states those that are not meant are left out: `when did the garage open?` is not about the front door.
    """
    said = _naming(question, forms)
    fit = [series for series in there if _fits(question, said, series, scope_entity, forms)]
    named = {series: covered(said, _words_of(series, scope_entity), forms) for series in fit}
    most = max(named.values(), default=0)
    return [series for series in fit if named[series] == most]


def _fits(
    question: Asked, said: Sequence[frozenset[int]], series: Series, scope_entity: str, forms: WordForms
) -> bool:
    """Whether a thing with states is what the question names: itself, or its place where it says no more."""
    attribute, device = name_words(series.attribute), name_words(series.device)
    if question.target is not None:
        named = covered(said, attribute | device, forms)
        everywhere = _words_of(series, scope_entity) | _SENSED
        return bool(named) or covered(said, everywhere, forms) == len(said)
    if _is_open_event(question):
        everywhere, doer = _words_of(series, scope_entity), _DOER.search(question.text)
        by_another = doer and not covered(meanings([doer[1]], forms), everywhere, forms)
        return not by_another and any(is_called(said, name, forms) for name in (attribute, device))
    if question.aggregate is Aggregate.LAST and not question.meant:
        unsaid = len(said) - covered(said, _words_of(series, scope_entity), forms)
        return unsaid <= UNSAID_MAX
    return True


def named_by(question: Asked, entity: str, scope_entity: str, forms: WordForms) -> int:
    """How many words of the question name the entity."""
    return covered(_naming(question, forms), name_words(_below(entity, scope_entity)), forms)


def _naming(question: Asked, forms: WordForms) -> list[frozenset[int]]:
    """The words of a question that may name a place, a device or an attribute: each by what it may mean."""
    nothing = _SAYS_NOTHING | _quantity_words(question)
    words = dict.fromkeys(re.findall(r"[^\W_]+", question.text.lower()))
    return meanings([word for word in words if singular(word) not in nothing], forms)


def _is_open_event(question: Asked) -> bool:
    """Whether it is asked of something that happened, and no state is known by its verb."""
    return question.event and question.target is None


def _words_of(series: Series, scope_entity: str) -> frozenset[str]:
    """By which a series is named."""
    below = name_words(_below(series.entity, scope_entity))
    words = below | name_words(series.device) | name_words(series.attribute)
    return words | _OUTSIDE if words & _OUTSIDE else words


def _below(entity: str, scope_entity: str) -> str:
    """An entity's path from the last level of what was asked about: `home7/kitchen` of `home7/_all`."""
    return entity.removeprefix(scope_entity.rpartition("/")[0])


def _meant_words(question: Asked) -> frozenset[str]:
    quantities = frozenset().union(*(meant.quantity.attributes for meant in question.meant))
    return quantities | (question.target.switch.attributes if question.target else frozenset())


def _quantity_words(question: Asked) -> frozenset[str]:
    """Those by which the quantity was found say nothing of where."""
    return frozenset(word for meant in question.meant for word in _spoken(meant.quantity))


def _spoken(quantity: Quantity) -> list[str]:
    adjectives = quantity.more | quantity.less
    forms = [form for word in adjectives for form in _forms(word)]
    return [*forms, *(word for noun in quantity.nouns for word in noun.split())]


def _forms(adjective: str) -> list[str]:
    stem = adjective[:-1] + "i" if adjective.endswith("y") else adjective
    return [adjective, stem + "est", adjective + adjective[-1] + "est", adjective.rstrip("e") + "est"]
