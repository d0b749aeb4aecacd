from complaints.inout_urls import urlpatterns as inout

app_name = "complaints"
urlpatterns = [*inout]
