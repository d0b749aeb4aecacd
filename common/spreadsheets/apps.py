from django.apps import AppConfig


class SpreadsheetsConfig(AppConfig):
    name = "common.spreadsheets"
    label = "spreadsheets"
    verbose_name = "表格导入"
    default_auto_field = "django.db.models.BigAutoField"
