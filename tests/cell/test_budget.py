"""Laws of the budget: it is one for a root, bounded both ways, and spent once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from witnessmark.cell.budget import LEAST_BYTES, MOST_BYTES, MOST_DEPTH, Budget, Budgets, BudgetSpent, Spent


def test_a_budget_grows_with_its_root_between_two_bounds():
    assert Budget.of(0).most_octets == LEAST_BYTES == 2 << 30
    assert Budget.of(11_000_000).most_octets == 2_200_000_000
    assert Budget.of(1 << 40).most_octets == MOST_BYTES == 50 << 30


@given(st.lists(st.integers(0, 1000)), st.integers(0, 5000))
def test_no_more_bytes_pass_than_the_budget_has(charges, most):
    budget, passed = Budget(most), 0
    for octets in charges:
        try:
            budget.charge(octets)
            passed += octets
        except BudgetSpent:
            break
    assert passed <= most
    assert (sum(charges) <= most) == (passed == sum(charges))


def test_members_are_counted_and_their_depth_is_bounded():
    budget = Budget(most_entries=2)
    budget.enter(0)
    budget.enter(MOST_DEPTH - 1)
    with pytest.raises(BudgetSpent, match="more than 2 members"):
        budget.enter(0)
    with pytest.raises(BudgetSpent, match="more than 20 deep"):
        Budget().enter(MOST_DEPTH)


def test_what_is_left_is_never_negative():
    budget = Budget(10, 1, octets=20, entries=3)
    left = budget.left(25)
    assert (left.octets, left.entries, left.depth) == (0, 0, 0)


def test_a_root_has_one_budget_and_its_past_counts():
    budgets = Budgets({"known": Spent(1 << 30, 500, 7)}.__getitem__)
    known = budgets.of("known")
    assert (known.octets, known.entries, known.most_octets) == (500, 7, MOST_BYTES)
    assert budgets.of("known") is known
    assert budgets.of("fresh", root_size=10).octets == 0


def test_a_root_that_gave_nothing_is_forgotten_and_another_is_not():
    budgets = Budgets()
    plain, container = budgets.of("plain", root_size=1), budgets.of("container", root_size=1)
    container.enter(0)
    budgets.forget("plain")
    budgets.forget("container")
    assert budgets.of("plain", root_size=1) is not plain
    assert budgets.of("container", root_size=1) is container
