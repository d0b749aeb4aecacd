from django.urls import path

from supervision import calendar_page, policy_page, proposal_page, views

app_name = "supervision"
urlpatterns = [
    path("", views.escalation_list, name="escalation_list"),
    path("ladder/<str:kind>/<int:pk>/", views.ladder, name="ladder"),
    path("calendar/", calendar_page.year_page, name="calendar"),
    path("calendar/<int:pk>/take-back/", calendar_page.take_back, name="calendar_take_back"),
    path("calendar/years/<int:year>/", calendar_page.fill, name="calendar_fill"),
    path("proposals/", proposal_page.proposal_list, name="proposal_list"),
    path("proposals/decide/", proposal_page.proposal_decide, name="proposal_decide"),
    path("policy/", policy_page.policy_list, name="policy"),
    path("policy/general/<str:kind>/", policy_page.policy_general, name="policy_general"),
    path("policy/new/<str:kind>/", policy_page.policy_new, name="policy_new"),
    path("policy/<int:pk>/", policy_page.policy_edit, name="policy_edit"),
    path("policy/<int:pk>/switch/", policy_page.policy_switch, name="policy_switch"),
]
