"""A chain is computed again from its texts; what was changed, cut out or cut off is named."""

import hashlib
import json
from dataclasses import replace

import pytest

from riskkit.errors import InputError
from riskkit.store.audit import BEGINNING, Entry, compare, read_line, verify_chain, write_line


@pytest.fixture
def chain():
    made, previous = [], BEGINNING
    for seq in range(1, 6):
        text = json.dumps({"seq": seq, "subject": "Zoë\n"}, ensure_ascii=False)
        digest = hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
        made.append(Entry(seq, text, previous, digest))
        previous = digest
    return made


def test_a_whole_chain_holds(chain):
    verdict = verify_chain(chain)
    assert (verdict.entries, verdict.head, verdict.broken) == (5, chain[-1].hash, None)
    assert verify_chain([]).broken is None
    assert chain[2].facts["seq"] == 3


def test_the_first_broken_entry_is_named(chain):
    changed = replace(chain[2], text=chain[2].text.replace("Zoë", "Zoe"))
    rehashed = replace(changed, hash=hashlib.sha256(f"{changed.previous}\n{changed.text}".encode()).hexdigest())
    for entries, seq, reason in (
        ([*chain[:2], changed, *chain[3:]], 3, "changed"),
        ([*chain[:2], rehashed, *chain[3:]], 4, "follow"),
        ([*chain[:2], *chain[3:]], 4, "missing"),
        (chain[1:], 2, "missing"),
        ([chain[0], replace(chain[2], seq=2)], 2, "follow"),
        ([chain[1], chain[0]], 2, "missing"),
    ):
        verdict = verify_chain(entries)
        assert (verdict.broken, reason in verdict.reason) == (seq, True), verdict


def test_an_entry_says_its_own_place():
    text = '{"seq": 7}'
    moved = Entry(1, text, BEGINNING, hashlib.sha256(f"{BEGINNING}\n{text}".encode()).hexdigest())
    assert verify_chain([moved]).broken == 1


def test_a_copy_tells_of_a_cut_end_and_of_a_chain_made_anew(chain):
    assert compare(chain, chain[:3]).broken is None
    assert compare(chain[:4], chain).broken == 5
    assert "no longer" in compare(chain[:4], chain).reason
    assert compare([*chain[:4], replace(chain[4], hash="f" * 64)], chain).broken == 5


def test_an_export_comes_back_byte_for_byte(chain):
    for entry in chain:
        line = write_line("atlas", entry)
        assert "\n" not in line
        assert read_line(line, "copy", 1) == ("atlas", entry)
    for bad in ("", "[]", "{}", '{"team": "a", "seq": "x"}', "\x00"):
        with pytest.raises(InputError, match="copy:3"):
            read_line(bad, "copy", 3)
