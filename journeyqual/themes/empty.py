"""Words of talk that name nothing, alone or at all."""

from __future__ import annotations

NOISE = """
um umm uh er erm ah oh ooh hmm mm mhm huh ha haha eh aye yeah yep yes no nope nah okay ok well like
just really actually basically literally obviously honestly frankly quite rather pretty sort kind
bit lot lots loads thing things something anything nothing everything stuff whatever someone
somebody anyone anybody everyone everybody guy guys chap chaps bloke know knew known think thought
thinking mean means meant guess suppose supposed reckon believe feel felt feeling say says said
saying tell tells told telling talk talking ask asked asking get gets got getting gotten go goes
going gone went come comes came coming do does did done doing make makes made making take takes took
taken taking give gives gave given put puts putting let lets want wants wanted need needs needed try
tries tried trying use uses used using see sees saw seen look looks looked looking find finds found
keep keeps kept start started begin began seem seems seemed turn turned turns happen happened
happens thank thanks please sorry sure maybe perhaps probably possibly definitely certainly course
always never often sometimes usually ever still already yet again soon later ago now then today
tomorrow yesterday while until since before after away round around along across one two three four
five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety
hundred thousand once twice much many more most less least few little same other others another
every each would could should might must shall will able sit sat stand stood different half dear sir
cannot dont didnt doesnt wasnt isnt wont cant couldnt wouldnt gonna wanna gotta dunno cos cause till
monday tuesday wednesday thursday friday saturday sunday january february march april may june july
august september october november december interviewer participant interviewee speaker redacted
inaudible unclear crosstalk laughs laughter nbsp amp xxx xxxx
"""
"""Noises, fillers and common verbs of talk, beside English function words."""
ONLY_BESIDE = """
time times day days week weeks month months year years hour hours minute minutes morning afternoon
evening night moment first second third last next back end part point place side way ways big
small good bad better best worse worst nice great lovely fine excellent person people man men woman
women lad work works worked working call calls called right left long old new high low top full
hand hands easy hard thought question number numbers amount couple whole area set bring brings
brought pay show shows showed shown run runs ran rang rung past far stop stops stopped stopping
rest mind remember remembered quarter lying
"""
"""Words that say something beside another only: waiting time, back wheel."""
NOT_EMPTY = """
amount back bill bottom call cry describe detail empty fill fire first front full interest last
mill mine move name part serious show side sincere system thick thin third top
"""
"""Words that stand in scikit-learn's list and say something all the same."""


def stop_words() -> frozenset[str]:
    """Return the words that name nothing: English function words, the noises and fillers of talk.

    Examples
    --------
    >>> {"the", "um"} <= stop_words(), "bill" in stop_words()
    (True, False)
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset({*ENGLISH_STOP_WORDS} - {*NOT_EMPTY.split()} | {*NOISE.split()})
