"""Whom a step tells of an item: asked of each item by itself, of lists of people in memory."""

from accounts.models import Unit, User
from accounts.roles import ADMIN, BUREAU_ROLES, COMPANY_ADMIN, COMPANY_ROLES
from supervision.models import PolicyStep
from tests.processes.storm_items import State


class People:
    """Of a site whose items are all of one county of a city: 临岭县 of the cast."""

    def __init__(self) -> None:
        self._users = list(User.objects.filter(is_active=True).select_related("unit").prefetch_related("groups"))
        self._by_pk = {user.pk: user for user in self._users}
        bureau = Unit.objects.select_related("region").get(name="临岭县住房和城乡建设局")
        self._bureau, self._regions = bureau.pk, (bureau.region_id, bureau.region.parent_id)

    def of(self, step: PolicyStep, state: State, *, only_bureau: bool) -> set[int]:
        """Those whom the step tells; `only_bureau`: those of them who learn that it is proposed."""
        told: set[int] = set()
        if step.tells_bureau:
            told |= self._supervisor(state)
        if step.tells_bureau_leader:
            told |= self._with_role(self._bureau, ADMIN)
        if only_bureau:
            return told
        company = self._with_role(state.unit, *COMPANY_ROLES)
        if step.tells_company:
            told |= company
        if step.tells_company_head:
            told |= self._with_role(state.unit, COMPANY_ADMIN) or company
        if step.tells_responsible:
            person = self._by_pk.get(state.person or 0)
            told |= {person.pk} if person and person.unit_id == state.unit else company
        return told

    def _supervisor(self, state: State) -> set[int]:
        """The item's, if of the county's or the city's bureau; else all of the county's who look after hazards."""
        user = self._by_pk.get(state.supervisor or 0)
        if user and user.unit and user.unit.kind == "housing_bureau" and user.unit.region_id in self._regions:
            return {user.pk}
        return self._with_role(self._bureau, *BUREAU_ROLES)

    def _with_role(self, unit: int | None, *roles: str) -> set[int]:
        return {
            user.pk
            for user in self._users
            if user.unit_id == unit and {group.name for group in user.groups.all()} & set(roles)
        }
