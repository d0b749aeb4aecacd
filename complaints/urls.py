from complaints.sight_urls import sight_urls

app_name = "complaints"
urlpatterns = [*sight_urls]
