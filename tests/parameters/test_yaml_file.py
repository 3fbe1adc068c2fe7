import time

import pytest

from riskkit.errors import InputError
from riskkit.parameters.given import Plain
from riskkit.parameters.yaml_file import parse_yaml, read_yaml


def test_scalars_are_text_until_somebody_types_them():
    node = parse_yaml("a: no\nb: 1:30\nc: 012\nd: 2020-03-16\ne: '0.95'\nf: 0.95\ng: [1, {h: x}]\ni: ~\nj:\n", "f")
    assert node.python() == {
        "a": "no",
        "b": "1:30",
        "c": "012",
        "d": "2020-03-16",
        "e": "0.95",
        "f": "0.95",
        "g": ["1", {"h": "x"}],
        "i": None,
        "j": None,
    }
    assert isinstance(node.value["f"].value, Plain)
    assert not isinstance(node.value["e"].value, Plain)


def test_every_value_knows_its_place():
    node = parse_yaml("title: x\nparameters:\n  level: 0.99\n", "a.yml")
    assert node.value["parameters"].value["level"].place == ("a.yml", 3, 10)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("a: 1\na: 2\n", 2, 1),
        ("a: 1\n'a': 2\n", 2, 1),
        ("a: &x 1\n", 1, 4),
        ("a: *x\n", 1, 4),
        ("a: 1\n<<: {b: 2}\n", 2, 1),
        ("a: !!python/object/apply:os.system ['id']\n", 1, 4),
        ("!!python/name:os.system\n", 1, 1),
        ("a: !!str 5\n", 1, 4),
        ("a: !x 5\n", 1, 4),
        ("a: 1\n---\nb: 2\n", 2, 1),
        ("%YAML 1.1\n---\na: 1\n", 2, 1),
        ("? [a]\n: 1\n", 1, 3),
        ("~: 1\n", 1, 1),
        ("a: [1\nb: 2\n", 2, 2),
        ("a: 'x\n", 2, 1),
        ("a:\n\t- b\n", 2, 1),
        ("a: b: c\n", 1, 5),
        ("a: x\x07\n", None, None),
    ],
)
def test_what_is_refused_names_line_and_column(text, line, column):
    with pytest.raises(InputError) as caught:
        parse_yaml(text, "a.yml")
    assert (caught.value.source, caught.value.line, caught.value.column) == ("a.yml", line, column)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        "{a: " * 15_000,
        "\n".join(" " * depth + "a:" for depth in range(30)),
        "- " * 30_000,
        "\n".join(f"k{i}: 1" for i in range(9000)),
        "a: " + "x" * 70_000,
        "lol: &a [x,x]\n" + "\n".join(f"l{i}: &l{i} [*a,*a]" for i in range(40)),
        "? " * 20_000,
        "'" * 60_001,
        'a: "' + "\\u0041" * 9000,
    ],
)
def test_bombs_are_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(InputError):
        parse_yaml(text, "bomb.yml")
    assert time.process_time() - start < 1.0


def test_twenty_levels_are_read_and_twenty_one_are_not():
    assert parse_yaml("[" * 20 + "]" * 20, "f").python()
    with pytest.raises(InputError, match="at most 20 levels"):
        parse_yaml("[" * 21 + "]" * 21, "f")


def test_files(tmp_path):
    path = tmp_path / "a.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(path).python() == {"a": "1"}
    path.write_bytes("a: é\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_yaml(path)
    path.write_bytes(b"# " + b"x" * 64_000)
    with pytest.raises(InputError, match="at most 64 kB"):
        read_yaml(path)
    with pytest.raises(InputError, match="a file that can be read"):
        read_yaml(tmp_path / "none.yml")


def test_an_empty_file_is_nothing():
    assert parse_yaml("", "f").python() is None
    assert parse_yaml("# only words\n", "f").python() is None


def test_fields_refuse_what_they_do_not_know_and_miss_what_they_need():
    node = parse_yaml("title: x\ncolour: red\n", "a.yml")
    with pytest.raises(InputError, match=r"a\.yml:2:9: colour: got 'red'; expected one of the keys title, notebook"):
        node.fields("report", required=("title", "notebook"))
    with pytest.raises(InputError, match="expected the key 'notebook'"):
        node.fields("report", required=("notebook",), optional=("title", "colour"))
    with pytest.raises(InputError, match="a mapping with the keys a"):
        parse_yaml("[1]", "a.yml").fields("report", required=("a",))
