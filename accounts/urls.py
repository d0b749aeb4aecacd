from django.urls import path

from accounts import views, views_session

app_name = "accounts"
urlpatterns = [
    path("login/", views_session.LoginView.as_view(), name="login"),
    path("logout/", views_session.LogoutView.as_view(), name="logout"),
    path("password/", views_session.PasswordChangeView.as_view(), name="password_change"),
    path("me/", views_session.profile, name="profile"),
    path("units/", views.unit_list, name="unit_list"),
    path("units/new/", views.unit_create, name="unit_create"),
    path("units/<int:pk>/", views.unit_edit, name="unit_edit"),
    path("units/<int:pk>/switch/", views.unit_switch, name="unit_switch"),
    path("users/", views.user_list, name="user_list"),
    path("users/new/", views.user_create, name="user_create"),
    path("users/<int:pk>/", views.user_edit, name="user_edit"),
    path("users/<int:pk>/password/", views.user_reset, name="user_reset"),
    path("users/<int:pk>/switch/", views.user_switch, name="user_switch"),
    path("regions/", views.region_list, name="region_list"),
    path("regions/new/", views.region_create, name="region_create"),
    path("regions/<int:pk>/", views.region_edit, name="region_edit"),
]
