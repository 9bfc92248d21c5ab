"""/drafts/…: the wizard and the YAML mode."""

from __future__ import annotations

from django.urls import URLPattern, path

from workloads.views import review, yaml_mode

urlpatterns: list[URLPattern] = [
    path("drafts/<uuid:draft_id>/review/", review.draft_review, name="draft-review"),
    path("drafts/<uuid:draft_id>/result/", review.draft_result, name="draft-result"),
    path("drafts/<uuid:draft_id>/yaml/", yaml_mode.draft_yaml, name="draft-yaml"),
    path("drafts/<uuid:draft_id>/export/", yaml_mode.draft_export, name="draft-export"),
    path("clusters/<cluster>/projects/<project>/import/", yaml_mode.import_text, name="import"),
]
