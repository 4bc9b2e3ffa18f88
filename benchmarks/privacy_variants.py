"""Ways to write, say and mistype e-mail addresses and phone numbers, made by rule.

Phones are the example numbers that the phonenumbers library has of every country, in its formats
and in others; e-mails are put together of parts. None is anybody's. Rules may be mended with these
in view: they are development material, and a recall over them says what is covered, not how often
people write so.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, number_type

KINDS = (
    PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE,
    PhoneNumberType.SHARED_COST, PhoneNumberType.UAN,
)  # fmt: skip
DIGITS = "zero one two three four five six seven eight nine".split()
FRAMES = (
    "You can call me on {}.", "my number is {} if that helps", "Phone: {}", "tel. {}, mornings",
    "I rang {} and nobody answered.", "{} is the best number for me", "Then text {}, please.",
    "WhatsApp {} works, too", "so it's {} and ask for the desk", "(mobile {})",
)  # fmt: skip
MAILS = (
    "My e-mail is {}.", "write to {} please", "E-mail: {}", "I sent it to {} twice.",
    "it's {} by the way", "{} is what I signed up with", "<{}>", "you have {} on file, I think",
)  # fmt: skip
FIRST = (
    "anna joao kwame li.wei m.osei zoe_k dr-park o'neil t.h.jansen mary-jane sam1987 r2d".split()
)
HOSTS = (
    "example.com", "mail.example.org", "firm-name.co.uk", "studio.example", "web.de",
    "uni-ort.ac.at", "bäckerei-süd.de", "shop.museum", "x.io", "sub.dept.example.edu.au",
)  # fmt: skip


def variants(seed: int = 0) -> Iterator[str]:
    """Yield sentences with ``{phone:…}`` and ``{e-mail:…}`` in them."""
    chance = random.Random(seed)
    for way in phones(chance):
        yield chance.choice(FRAMES).replace("{}", f"{{phone:{way}}}")
    yield from odd(chance)
    for way in mails(chance):
        yield chance.choice(MAILS).replace("{}", f"{{e-mail:{way}}}")


def phones(chance: random.Random) -> Iterator[str]:
    """Yield numbers of every country as they are written, and of some as they are said."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in KINDS:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None or number_type(number) != kind:
                continue
            international = _as(number, PhoneNumberFormat.INTERNATIONAL)
            national = _as(number, PhoneNumberFormat.NATIONAL)
            yield international
            yield chance.choice((_as(number, PhoneNumberFormat.E164), international[1:], national))
            if sum(c.isdigit() for c in national) >= 7:
                yield _other(national, chance)
            if region in {"GB", "US", "AU", "IE", "IN", "ZA", "NZ"}:
                yield from _said(national, chance)


WORDS = "green valley farm,the old mill,blue door bakes,jo and sam,team north,my boat club".split(
    ","
)
TONGUES = {
    "null eins zwei drei vier fünf sechs sieben acht neun": (" punkt ", " ät "),
    "zéro un deux trois quatre cinq six sept huit neuf": (" point ", " arobase "),
    "cero uno dos tres cuatro cinco seis siete ocho nueve": (" punto ", " arroba "),
    "zero uno due tre quattro cinque sei sette otto nove": (" punto ", " chiocciola "),
}


def odd(chance: random.Random) -> Iterator[str]:
    """Yield sentences with contacts that run over other words, or stand in another language."""
    for words in WORDS:
        for end in ("gmail dot com", "outlook dot com", "web dot de", "firm dot co dot uk"):
            glued = words.replace(" ", "")
            yield f"my email is {{e-mail:{words} at {end}}}"
            yield f"it's {{e-mail:{words} all one word at {end}}} yeah"
            yield f"Email {{e-mail:{glued} at sign {end}}}."
            yield f"write to {{e-mail:{glued} the at symbol {end}}}, please"
            yield f"so {{e-mail:{glued} then at then {end}}}"
            yield f"My address is {{e-mail:{glued} -at- {end.replace(' dot ', ' -dot- ')}}}"
            yield f"email {{e-mail:{glued} {chance.choice(['2', 'two', '77'])} at {end}}}"
            spelt = " ".join(f"{c} for {w}" for c, w in zip("jb", ("juliet", "bravo"), strict=True))
            yield f"it is {{e-mail:{spelt} {glued} at {end}}}"
            yield f"{{e-mail:{glued}@ {end.replace(' dot ', '.')}}} is mine"
            yield f"{{e-mail:{glued} full stop {chance.choice(FIRST[:3])} at {end}}} is mine"
    for digits, (dot, at) in TONGUES.items():
        told = digits.split()
        for _ in range(8):
            number = [0, *(chance.randint(0, 9) for _ in range(9))]
            yield f"{{phone:{' '.join(told[d] for d in number)}}}"
            yield f"{{e-mail:{chance.choice(FIRST[:3])}{at}gmx{dot}de}}"
    for _ in range(12):
        tail = "".join(str(chance.randint(0, 9)) for _ in range(9))
        for way in (
            f"tel0{tail}", f"no:0{tail}", f"+44(0){tail}", f"+44 (0) {tail[:4]} {tail[4:]}",
            f"0{tail[:4]}_{tail[4:]}", f"0{tail[:4]} {tail[4:]}/{chance.randint(10, 99)}",
            f"0{tail[:3]}-{tail[3:6]}--{tail[6:]}", f"00 44 {tail}", f"0 {tail[:2]} {tail[2:]}",
            f"{tail[:3]} and then {tail[3:6]} {tail[6:]}", f"({tail[:3]}){tail[3:6]}-{tail[6:]}1",
            f"+1.{tail[:3]}.{tail[3:6]}.{tail[6:]}0", f"0{tail[:4]} *{tail[4:]}",
            f"0{tail[:4]}+{tail[4:]}",
            f"0{tail[:4]}  then  {tail[4:6]}  {tail[6:]}", f"0{tail[:3]},{tail[3:6]},{tail[6:]}",
        ):  # fmt: skip
            mark = way.removeprefix("tel").removeprefix("no:")
            yield f"it's {way[: len(way) - len(mark)]}{{phone:{mark}}} ok"
        words = [DIGITS[int(c)] for c in tail]
        tens = f"oh seven {chance.choice(['twenty', 'thirty'])} {' '.join(words[:6])}"
        yield f"ring {{phone:{tens}}} after six"
        yield f"it is {{phone:oh {words[0]} triple {words[1]} {' '.join(words[2:7])}}}"
        yield f"call {{phone:0{tail[:3]} {' '.join(words[3:9])}}} please"
        area, rest = " ".join(words[:4]), " ".join(words[4:])
        yield f"it was {{phone:oh {area}}} that's my area {{phone:{rest}}}"


def _as(number: object, form: int) -> str:
    return phonenumbers.format_number(number, form)


def _other(national: str, chance: random.Random) -> str:
    """Write a number as people do: other separators, an extension, a letter for a digit."""
    digits = "".join(c for c in national if c.isdigit())
    pairs = " ".join(digits[i : i + 2] for i in range(0, len(digits), 2))
    threes = " ".join(digits[i : i + 3] for i in range(0, len(digits), 3))
    plain = national.replace("(", "").replace(")", "")
    return chance.choice(
        [
            plain.replace(" ", "-"), plain.replace(" ", "."), plain.replace(" ", "/", 1), digits,
            plain.replace("-", " ").replace(" ", "  "), plain.replace("-", " - "),
            f"{plain} ext {chance.randint(10, 9999)}", f"{plain} x{chance.randint(10, 999)}",
            pairs, threes, plain.replace("0", "O"), plain.replace(" ", " – "),
            plain.replace("-", "‑"), plain.replace(" ", "\u00a0"),
        ]
    )  # fmt: skip


def _said(national: str, chance: random.Random) -> Iterator[str]:
    """Write a number as it is said, as recognisers write it."""
    digits = [int(c) for c in national if c.isdigit()]
    oh = chance.choice(["oh", "zero", "o", "nought"])
    words = [oh if d == 0 else DIGITS[d] for d in digits]
    yield " ".join(words)
    twice: list[str] = []
    for word in words:
        if twice and twice[-1] == word:
            twice[-1] = f"double {word}"
        else:
            twice.append(word)
    yield " ".join(twice)
    yield f"{' '.join(words[:5])}, {' '.join(words[5:8])}, {' '.join(words[8:])}".strip(", ")
    yield f"{' '.join(words[:5])} uh {' '.join(words[5:])}"
    yield f"{' '.join(words[:5])} and then {' '.join(words[5:])}"
    shown = "".join(map(str, digits))
    yield f"{shown[:5]}, {shown[5:8]}, {shown[8:]}".strip(", ")
    yield f"{shown[:4]} and then {shown[4:]}"
    yield f"{shown[:5]} ... {shown[5:]}"
    yield " ".join(shown)
    yield "-".join(shown)


def mails(chance: random.Random) -> Iterator[str]:
    """Yield addresses as they are written, made unreadable to robots, said and mistyped."""
    for name in FIRST:
        for host in HOSTS:
            yield chance.choice([f"{name}@{host}", f"{name}+{chance.randint(1, 99)}@{host}"])
            yield _written(name, host, chance)
            yield _spoken(name, host, chance)


def _written(name: str, host: str, chance: random.Random) -> str:
    head, _, rest = host.rpartition(".")
    at = chance.choice(["(at)", "[at]", " (at) ", " [at] ", " @ ", "@ ", " @", " AT ", " at "])
    dot = chance.choice([".", "(dot)", " [dot] ", " DOT ", ". ", " . "])
    if "AT" in at or at == " at ":
        dot = chance.choice([".", " DOT ", " dot "])
    way = f"{name}{at}{head}{dot}{rest}"
    return chance.choice([way, way, way.upper(), f"{name}@{head},{rest}", f"{name}@@{host}"])


def _spoken(name: str, host: str, chance: random.Random) -> str:
    marks = {".": " dot ", "_": " underscore ", "-": chance.choice([" dash ", " hyphen "])}
    told = "".join(marks.get(c, c) for c in name.replace("'", ""))
    where = "".join(marks.get(c, c) for c in host)
    way = f"{told} at {where}"
    letters = " ".join(name.replace("'", "").replace(".", "").replace("-", "").replace("_", ""))
    return chance.choice(
        [
            way, way, f"{letters} at {where}", f"{told} at, uh, {where}", f"{told} at {host}",
            f"{'-'.join(letters.split())} at {where}", f"{told} at gmail", f"{told} at gmail.com",
            f"{told}, at, {where}", f"{told} at {where.replace(' dot ', ', dot ')}",
        ]
    )  # fmt: skip
