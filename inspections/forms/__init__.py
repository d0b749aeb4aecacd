"""Forms of the hazard's pages: `MOVE_FORMS` by a move's code, and those that register and edit."""

from inspections.forms import moves
from inspections.forms.base import MoveForm
from inspections.forms.plan import PlanForm

MOVE_FORMS: dict[str, type[MoveForm]] = {
    "issue": moves.IssueForm,
    "sign": moves.SignForm,
    "return": moves.ReturnForm,
    "plan": PlanForm,
    "report": moves.ReportForm,
    "request_acceptance": moves.RequestAcceptanceForm,
    "accept": moves.AcceptForm,
    "reject": moves.RejectForm,
    "request_extension": moves.RequestExtensionForm,
    "decide_extension": moves.DecideExtensionForm,
    "amend": moves.AmendForm,
    "reopen": moves.ReopenForm,
    "void": moves.VoidForm,
}
