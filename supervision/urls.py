from django.urls import path

from supervision import views

app_name = "supervision"
urlpatterns = [
    path("", views.escalation_list, name="escalation_list"),
    path("ladder/hazard/<int:pk>/", views.ladder, {"kind": "hazard"}, name="ladder"),
    path("policy/", views.policy, name="policy"),
    path("policy/<int:pk>/", views.policy_edit, name="policy_edit"),
]
