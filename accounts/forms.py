"""Forms of the account pages. They check shape; what the rules forbid comes from services as ValidationError."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import forms as auth_forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import RegexValidator

from accounts import roles
from accounts.enums import RegionLevel
from accounts.models import Region, Unit, User
from accounts.selectors import roles_to_give

PHONE = RegexValidator(r"^[0-9+\-() （）]{5,20}$", "电话只能含数字、空格、+、- 和括号，5 到 20 个字符")


class LoginForm(auth_forms.AuthenticationForm):
    error_messages = {
        "invalid_login": "用户名或密码不正确，请核对后重试；账号停用的也不能登录。",
        "inactive": "用户名或密码不正确，请核对后重试；账号停用的也不能登录。",
    }

    def get_invalid_login_error(self) -> ValidationError:
        error = super().get_invalid_login_error()
        failures = getattr(self.request, "axes_failures_since_start", None)
        left = settings.AXES_FAILURE_LIMIT - failures if failures else 0
        if left > 0:
            error.message = f"{error.message}再错 {left} 次，登录将被锁定。"
        return error


class PasswordForm(auth_forms.PasswordChangeForm):
    """A new password that is not the old one again. The writing is done by services.change_password."""

    error_messages = {
        **auth_forms.PasswordChangeForm.error_messages,
        "password_incorrect": "旧密码不正确，请重新输入。",
        "password_mismatch": "两次输入的新密码不一样，请重新输入。",
    }
    new_password_help = "至少 10 个字符；不能全是数字，不能是常见密码，也不能与用户名、姓名相近。"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "旧密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password1"].help_text = self.new_password_help
        self.fields["new_password2"].label = "再输一次新密码"

    def clean_new_password1(self) -> str:
        password = self.cleaned_data["new_password1"]
        if self.user.check_password(password):
            raise ValidationError("新密码不能与旧密码相同，请另设一个。")
        return password


class ProfileForm(forms.Form):
    phone = forms.CharField(label="手机号", required=False, max_length=20, validators=[PHONE])


class RegionChoice(forms.ModelChoiceField):
    def label_from_instance(self, region: Any) -> str:
        return f"　{region.name}" if region.level == RegionLevel.TOWNSHIP else str(region.name)


class UnitForm(forms.ModelForm):
    class Meta:
        model = Unit
        fields = ("name", "short_name", "kind", "region", "sees_region", "contact", "phone", "address")
        field_classes = {"region": RegionChoice}
        help_texts = {
            "short_name": "列表等窄处显示，可不填",
            "region": "乡镇、街道单位选到乡镇；其余一般选县",
            "sees_region": "仅用于“其他单位”中需要查看全部数据的，如县政府办；物业等不要勾选",
        }
        error_messages = {NON_FIELD_ERRORS: {"unique_together": "该区划已有同名单位，请核对"}}

    def __init__(self, *args: Any, by: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["region"].queryset = Region.objects.visible_to(by)  # type: ignore[attr-defined]
        self.fields["phone"].validators.append(PHONE)
        if self.instance.pk and self.instance.users.exists():
            for name in ("kind", "region"):
                self.fields[name].disabled = True
                self.fields[name].help_text = "该单位已有用户，不能再改"
        elif not self.instance.pk:
            self.initial.setdefault("region", by.unit.region_id if by.unit_id else None)


class UserForm(forms.Form):
    """A new user, or (with `user`) an existing one, whose name to sign in with stays."""

    username = forms.CharField(
        label="用户名",
        max_length=150,
        validators=[User.username_validator],
        help_text="登录时用，建好后不能改；可用字母、汉字、数字和 @ . + - _",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    full_name = forms.CharField(label="姓名", max_length=60)
    unit = forms.ModelChoiceField(Unit.objects.none(), label="单位", empty_label="请选择")
    roles = forms.MultipleChoiceField(
        label="角色",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个角色，没有角色的用户登录后什么也做不了"},
    )
    phone = forms.CharField(label="手机号", required=False, max_length=20, validators=[PHONE])

    def __init__(self, *args: Any, by: Any, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            kwargs["initial"] = {
                "full_name": user.full_name, "unit": user.unit_id, "roles": user.role_names, "phone": user.phone,
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.by, self.user = by, user
        if user is not None:
            del self.fields["username"]
        self._offer_units()
        held = user.role_names if user else []
        offered = [role for role in roles.ALL_ROLES if role in roles_to_give(by) or role in held]
        self.fields["roles"].choices = [(role, f"{role}（{self._kinds(role)}）") for role in offered]  # type: ignore[attr-defined]
        self.fields["roles"].help_text = "可多选；括号中是可以担任该角色的单位"

    def _offer_units(self) -> None:
        units = Unit.objects.visible_to(self.by)
        offered = units.filter(is_active=True)
        if self.user and self.user.unit_id:
            offered |= units.filter(pk=self.user.unit_id)
        self.fields["unit"].queryset = offered.select_related("region")  # type: ignore[attr-defined]
        if len(offered) == 1:
            self.initial["unit"] = offered[0].pk
            self.fields["unit"].disabled = True

    @staticmethod
    def _kinds(role: str) -> str:
        return "、".join(str(kind.label) for kind in roles.UNIT_KINDS[role])

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        # Two names that differ in capitals only would be taken for one another.
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(f"用户名“{username}”已被使用，请换一个")
        return username


class RegionForm(forms.Form):
    parent = RegionChoice(Region.objects.none(), label="上级")
    code = forms.CharField(
        label="区划代码", max_length=9, help_text="按 GB/T 2260：县 6 位；乡镇、街道 9 位，前 6 位与县相同"
    )
    name = forms.CharField(label="名称", max_length=60)

    def __init__(self, *args: Any, by: Any, region: Region | None = None, **kwargs: Any) -> None:
        if region is not None:
            kwargs["initial"] = {"name": region.name}
        super().__init__(*args, **kwargs)
        if region is not None:
            del self.fields["parent"], self.fields["code"]
            return
        parents = Region.objects.visible_to(by).exclude(level=RegionLevel.TOWNSHIP)
        self.fields["parent"].queryset = parents  # type: ignore[attr-defined]
        if len(parents) == 1:
            self.initial["parent"] = parents[0].pk
            self.fields["parent"].disabled = True
