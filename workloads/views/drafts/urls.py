"""/drafts/…: the wizard and the YAML mode."""

from __future__ import annotations

from django.urls import path

from workloads.views.drafts import draft_list, results, review, steps, yaml_mode
from workloads.views.drafts.ended import may_have_ended

urlpatterns = [
    path("clusters/<str:cluster>/projects/<str:project>/drafts/new/", draft_list.draft_new, name="draft-new"),
    path("clusters/<str:cluster>/projects/<str:project>/import/", yaml_mode.import_text, name="import"),
    path("drafts/", draft_list.draft_list, name="draft-list"),
    path("drafts/<uuid:draft_id>/review/", may_have_ended(review.draft_review), name="draft-review"),
    path("drafts/<uuid:draft_id>/result/", results.draft_result, name="draft-result"),
    path("drafts/<uuid:draft_id>/result/undo/", results.draft_undo_created, name="draft-undo-created"),
    path("drafts/<uuid:draft_id>/yaml/", may_have_ended(yaml_mode.draft_yaml), name="draft-yaml"),
    path("drafts/<uuid:draft_id>/export/", may_have_ended(yaml_mode.draft_export), name="draft-export"),
    path("drafts/<uuid:draft_id>/move/", may_have_ended(draft_list.draft_move), name="draft-move"),
    path("drafts/<uuid:draft_id>/discard/", may_have_ended(draft_list.draft_discard), name="draft-discard"),
    path("drafts/<uuid:draft_id>/recover/", draft_list.draft_recover, name="draft-recover"),
    path("drafts/<uuid:draft_id>/name-check/", may_have_ended(steps.name_check), name="draft-name-check"),
    path("drafts/<uuid:draft_id>/<slug:slug>/", may_have_ended(steps.draft_step), name="draft-step"),
]
