"""How every form looks (settings.FORM_RENDERER = "common.forms.LedgerRenderer").

`{{ form }}` gives: a summary of the errors with links to the fields; then each field with its label above, 必填 in a
word, help, then the error, then the box with its unit inside. Plain Django forms need nothing but:

    field.unit = "吨"            # or widget attrs {"data-unit": "吨"}: shown inside the box
    widget attrs {"class": "…"}  # kept; the look's own classes are added
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting

CONTROL = "form-control"
CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.FileInput, CONTROL),
    (forms.Textarea, CONTROL),
    (forms.widgets.Input, CONTROL),
    (forms.MultiWidget, ""),
)


class LedgerBoundField(forms.BoundField):
    """A field that knows its look: classes for its widget, `unit`, `kind` (for the template) and `is_wide`."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        classes = [widget.attrs.get("class", ""), _class_of(widget), "is-invalid" if self.errors else ""]
        if any(classes):
            attrs["class"] = " ".join(filter(None, classes))
        return attrs

    @property
    def unit(self) -> str:
        return getattr(self.field, "unit", "") or self.field.widget.attrs.get("data-unit", "")

    @property
    def kind(self) -> str:
        """`check` (one box, label beside it), `group` (several boxes) or `box`."""
        widget = self.field.widget
        if isinstance(widget, (forms.CheckboxSelectMultiple, forms.RadioSelect)):
            return "group"
        return "check" if isinstance(widget, forms.CheckboxInput) else "box"

    @property
    def is_wide(self) -> bool:
        """Takes the whole line of a two-column form."""
        wide = (forms.Textarea, forms.ClearableFileInput, forms.CheckboxSelectMultiple)
        return isinstance(self.field.widget, wide) or "data-wide" in self.field.widget.attrs


class LedgerRenderer(TemplatesSetting):
    form_template_name = "forms/form.html"
    formset_template_name = "forms/formset.html"
    field_template_name = "forms/field.html"
    bound_field_class = LedgerBoundField


def _class_of(widget: forms.Widget) -> str:
    return next((css for kind, css in CLASSES if isinstance(widget, kind)), "")


def attempt(form: forms.BaseForm, write: Callable[[], Any]) -> Any:
    """The result of `write`, or None with its ValidationError put on the form's fields."""
    try:
        return write()
    except ValidationError as error:
        form.add_error(None, error)
        return None
