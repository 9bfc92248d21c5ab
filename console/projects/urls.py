from django.urls import path

from console.projects import views

urlpatterns = [
    path("projects/", views.project_list, name="project-list"),
]
