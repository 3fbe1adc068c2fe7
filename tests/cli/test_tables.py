"""Tables on a terminal and in a pipe."""

from riskkit.cli.tables import print_table

ID = "01a2033b-e975-71b9-be31-b14b00540a9a"


def test_what_a_row_is_named_by_stays_in_one_piece_however_much_the_others_say(capsys):
    columns = [("run", "left"), *((f"c{n}", "left") for n in range(5))]
    print_table(columns, [(ID, *("superseded, on hold " * 4 for _ in range(5)))])
    assert ID in capsys.readouterr().out
