from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.i18n import set_language

from console.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("theme/", views.theme, name="theme"),
    path("help/<slug:page>/", views.help_page, name="help"),
    path("help/pictures/<str:name>", views.help_picture, name="help-picture"),
]
