"""`{{ form }}` through the project's renderer."""

import re

from django import forms


class StockForm(forms.Form):
    point = forms.CharField(label="问题点位", help_text="写清小区和楼栋")
    stock_t = forms.DecimalField(label="库存", widget=forms.TextInput(attrs={"data-unit": "吨", "class": "wide"}))
    kind = forms.ChoiceField(label="类别", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    urgent = forms.BooleanField(label="加急", required=False)


def test_labels_help_must_and_units():
    html = str(StockForm())
    assert re.search(r'<label class="field-label" for="id_point">问题点位<span class="must">必填</span></label>', html)
    assert '<div class="field-help" id="id_point_helptext">写清小区和楼栋</div>' in html
    assert 'aria-describedby="id_point_helptext"' in html
    assert re.search(r'<div class="with-unit"><input [^>]*class="wide form-control"[^>]*><span class="unit"', html)
    assert '<legend class="field-label">类别' in html
    assert re.search(r'<input type="checkbox" name="urgent" class="form-check-input"[^>]*>', html)
    assert "error-summary" not in html


def test_a_wrong_field_keeps_its_value_and_is_linked_from_the_summary():
    html = str(StockForm({"point": "3号站", "stock_t": "一百", "kind": "a"}))
    summary = html.split("</ul>")[0]
    assert 'class="error-summary" role="alert"' in summary
    assert re.findall(r'<a href="#(\w+)">', summary) == ["id_stock_t"]
    (box,) = re.findall(r'<input [^>]*name="stock_t"[^>]*>', html)
    assert 'value="一百"' in box and 'class="wide form-control is-invalid"' in box and 'aria-invalid="true"' in box
    help_at, error_at = html.index('id="id_point_helptext"'), html.index('class="field-error"')
    assert html.index('value="一百"') > error_at > help_at


def test_what_was_typed_is_escaped():
    html = str(StockForm({"point": '"><script>x</script>', "stock_t": "1", "kind": "z"}))
    assert "<script>x" not in html
