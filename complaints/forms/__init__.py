"""Forms of the orders' pages: `MOVE_FORMS` by a move's code, and those that register, correct and set limits."""

from complaints.forms import moves
from complaints.forms.base import MoveForm

MOVE_FORMS: dict[str, type[MoveForm]] = {
    "accept": moves.AcceptForm,
    "dispatch": moves.DispatchForm,
    "sign": moves.SignForm,
    "send_back": moves.SendBackForm,
    "visit": moves.VisitForm,
    "report": moves.ReportForm,
    "request_extension": moves.RequestExtensionForm,
    "decide_extension": moves.DecideExtensionForm,
    "call_back": moves.CallBackForm,
    "close": moves.CloseForm,
    "redo": moves.RedoForm,
    "reclassify": moves.ReclassifyForm,
    "withdraw": moves.WithdrawForm,
    "merge": moves.MergeForm,
    "invalidate": moves.InvalidateForm,
}
