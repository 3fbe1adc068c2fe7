"""Artifacts by content: once, verified, complete or absent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskkit.runs.objects import ObjectDamaged, Objects


def test_a_file_is_kept_under_its_hash_and_comes_back(tmp_path: Path) -> None:
    objects, path = Objects(tmp_path / "objects"), tmp_path / "report.html"
    path.write_text("<p>hello")
    artifact = objects.put(path, "report.html")
    assert artifact.media_type == "text/html"
    assert artifact.key == f"{artifact.sha256[:2]}/{artifact.sha256}"
    assert artifact.size == 8
    assert objects.has(artifact)
    objects.take(artifact, tmp_path / "copy.html")
    assert (tmp_path / "copy.html").read_text() == "<p>hello"


def test_the_same_bytes_are_kept_once_and_leave_no_part(tmp_path: Path) -> None:
    objects = Objects(tmp_path / "objects")
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,1\n")
    first, second = objects.put(tmp_path / "a.csv", "a.csv"), objects.put(tmp_path / "b.csv", "b.csv")
    assert first.key == second.key
    assert [path.name for path in objects.folder.rglob("*") if path.is_file()] == [first.sha256]
    assert not list(tmp_path.glob("*.part"))


def test_a_cut_object_is_written_again(tmp_path: Path) -> None:
    objects, path = Objects(tmp_path / "objects"), tmp_path / "a.csv"
    path.write_text("x,1\n")
    artifact = objects.put(path, "a.csv")
    kept = objects.folder / artifact.key
    kept.chmod(0o644)
    kept.write_text("x")
    assert not objects.has(artifact)
    assert objects.put(path, "a.csv") == artifact
    assert objects.has(artifact)


def test_a_changed_or_missing_object_is_not_handed_out(tmp_path: Path) -> None:
    objects, path = Objects(tmp_path / "objects"), tmp_path / "a.csv"
    path.write_text("x,1\n")
    artifact = objects.put(path, "a.csv")
    kept = objects.folder / artifact.key
    kept.chmod(0o644)
    kept.write_text("x,2\n")
    with pytest.raises(ObjectDamaged, match="was changed"):
        objects.take(artifact, tmp_path / "copy.csv")
    assert not (tmp_path / "copy.csv").exists()
    with pytest.raises(ObjectDamaged, match="no object"):
        objects.take(replace(artifact, sha256="0" * 64), tmp_path / "copy.csv")


@pytest.mark.parametrize("key", ["/etc/passwd", "../../secret.csv", "\N{PILE OF POO}" * 100, ""])
def test_a_key_is_no_path(tmp_path: Path, key: str) -> None:
    """The row's key is somebody's word; only the hash says where the bytes lie."""
    objects, path = Objects(tmp_path / "a" / "objects"), tmp_path / "secret.csv"
    path.write_text("x,1\n")
    artifact = objects.put(path, "a.csv")
    assert objects.path(replace(artifact, key=key)) == objects.path(artifact)
    assert objects.has(replace(artifact, key=key))
    elsewhere = replace(artifact, key=key, sha256="0" * 64)
    assert not objects.has(elsewhere)
    with pytest.raises(ObjectDamaged, match="no object"):
        objects.take(elsewhere, tmp_path / "copy.csv")


@pytest.mark.parametrize("sha256", ["", "/etc/passwd", "../../secret.csv", "A" * 64, "\N{PILE OF POO}" * 100, "0" * 65])
def test_what_is_no_hash_is_not_here(tmp_path: Path, sha256: str) -> None:
    objects, path = Objects(tmp_path / "a" / "objects"), tmp_path / "secret.csv"
    path.write_text("x,1\n")
    artifact = replace(objects.put(path, "a.csv"), sha256=sha256)
    assert not objects.has(artifact)
    with pytest.raises(ObjectDamaged, match="no sha256"):
        objects.take(artifact, tmp_path / "copy.csv")
    assert not (tmp_path / "copy.csv").exists()
