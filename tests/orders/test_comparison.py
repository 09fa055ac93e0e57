"""Two edits of one thing: who changed what, and what comes of a choice."""

from orders.comparison import THEIRS, YOURS, compare, is_overtaken, merge

BASE = {"city": "Львів", "branch": "№1", "line:1": {"quantity": 2}, "line:2": {"quantity": 1}}


def names(differences):
    return [d.name for d in differences]


def test_only_what_somebody_changed_is_compared():
    differences = compare(
        base=BASE, theirs={**BASE, "branch": "№9"}, yours={**BASE, "city": "Київ"}
    )
    assert names(differences) == ["city", "branch"]
    city, branch = differences
    assert (city.was, city.theirs, city.yours) == ("Львів", "Львів", "Київ")
    assert not city.is_conflict
    assert not city.is_overtaken
    assert city.suggested == YOURS
    assert branch.is_overtaken
    assert not branch.is_conflict
    assert branch.suggested == THEIRS


def test_both_changed_one_field_is_a_conflict_unless_they_agree():
    (differs,) = compare(
        base=BASE, theirs={**BASE, "city": "Одеса"}, yours={**BASE, "city": "Київ"}
    )
    assert differs.is_conflict
    (same,) = compare(base=BASE, theirs={**BASE, "city": "Київ"}, yours={**BASE, "city": "Київ"})
    assert not same.is_conflict


def test_a_colleagues_change_is_noticed_and_your_own_is_not_taken_for_one():
    assert is_overtaken(compare(base=BASE, theirs={**BASE, "city": "Одеса"}, yours=BASE))
    assert not is_overtaken(compare(base=BASE, theirs=BASE, yours={**BASE, "city": "Одеса"}))


def test_lines_added_and_taken_away_by_both_sides_meet():
    theirs = {name: BASE[name] for name in BASE if name != "line:2"} | {"line:7": {"quantity": 5}}
    yours = {**BASE, "line:1": {"quantity": 3}, "new:0": {"quantity": 4}}
    merged = merge(compare(base=BASE, theirs=theirs, yours=yours), theirs=theirs, choices={})
    assert merged == {
        "city": "Львів",
        "branch": "№1",
        "line:1": {"quantity": 3},
        "line:2": None,
        "line:7": {"quantity": 5},
        "new:0": {"quantity": 4},
    }


def test_the_choice_wins_over_the_suggestion():
    theirs, yours = {**BASE, "city": "Одеса"}, {**BASE, "city": "Київ", "branch": "№2"}
    differences = compare(base=BASE, theirs=theirs, yours=yours)
    assert merge(differences, theirs=theirs, choices={})["city"] == "Київ"
    chosen = merge(differences, theirs=theirs, choices={"city": THEIRS})
    assert (chosen["city"], chosen["branch"]) == ("Одеса", "№2")
