#!/usr/bin/python
# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say what would have to be done about Helm releases."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: helm_release_plan
short_description: Say what would have to be done about Helm releases
version_added: 0.1.0
description:
  - Compares what Helm recorded of a release with the chart and the values that are wanted, and says whether it has to
    be installed, upgraded or recovered, and why. It changes nothing; M(kubernetes.core.helm) does what it says.
  - An unchanged release costs one request to the API server and starts no process.
  - Sees what M(kubernetes.core.helm) without helm-diff does not see. That is a changed file of a local chart at the
    same version, a last revision that failed, and a key that the chart does not know.
  - With O(render=true) it shows what would change in the cluster, before the first installation too. The content of
    Secrets is hidden in it.
  - Made for the roles of this collection, and usable by itself.
author:
  - k8s-tracing maintainers (@tracelab)
extends_documentation_fragment:
  - tracelab.k8s_tracing.attributes
attributes:
  diff_mode:
    support: full
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    details:
      - With O(render=true) only.
  idempotent:
    support: full
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
      - This assumes that the system controlled/queried by the module has not changed in a relevant way.
    details:
      - Without O(render) it never indicates a change. With it, it indicates the change that is planned, each time.
requirements:
  - kubernetes Python library
  - PyYAML
  - the C(helm) program (Helm 3.13 or later), only for rendering and for downloading charts
notes:
  - The right to list Secrets in O(namespace) is needed. Without it RV(action) is V(upgrade), so that Helm
    itself compares. So it is when E(HELM_DRIVER) names a storage other than Secrets and ConfigMaps.
  - Where a release has volumes, the right to get statefulsets and persistentvolumeclaims is needed, and to have larger
    ones the right to list persistentvolumeclaims and to get storageclasses.
  - The files of subcharts are in no record. A change in one of them is not detected unless its version changes as well.
  - The manifests in the diff are those of Helm. Values which a chart writes anywhere else than into a Secret are shown.
options:
  release_name:
    description: Name of the release. Takes O(chart_ref).
    type: str
  releases:
    description:
      - Several releases that are planned in one go, instead of O(release_name). Each is a dictionary with the other
        options of this module, and with C(id), what it is called in the result, by default C(namespace/release_name).
      - Each cluster is asked by one client, and what belongs to the releases is listed once.
      - When plans of some can't be made, all of them are named.
    type: list
    elements: dict
  namespace:
    description: Namespace of the release. It need not exist.
    type: str
    default: tracing
  chart_ref:
    description:
      - Folder or archive of a chart, its name in a repository, an C(oci://) reference, or the address of an archive.
    type: path
  chart_repo_url:
    description: Repository of the chart. Empty for everything but a plain chart name.
    type: str
    default: ""
  chart_version:
    description:
      - Version of a chart that is not local. Without one exact version only the repository knows what is wanted, so
        that RV(action) is V(upgrade).
    type: str
    default: ""
  values:
    description:
      - All values that go to Helm.
    type: dict
    default: {}
  user_values:
    description:
      - Those of O(values) that a user wrote. When something has to be done, a key of them that the chart does not know
        is refused, with the nearest one that it knows.
      - A key is known when the chart's values, a comment among them, its schema or one of its templates names it. What
        lies below an empty map, a list or a null is not looked at, nor are values for subcharts.
    type: dict
    default: {}
  user_values_name:
    description: What the user calls O(user_values), for messages.
    type: str
    default: values
  open_values:
    description: Paths such as V(grafana.ini), at and below which the chart takes keys that it lists nowhere.
    type: list
    elements: str
    default: []
  workloads:
    description: Workloads of the release, for RV(up_to_date).
    type: list
    elements: dict
    suboptions:
      kind:
        description: Kind of the workload.
        type: str
        choices: [Deployment, StatefulSet, DaemonSet, Job]
        required: true
      name:
        description: Name of the workload.
        type: str
        required: true
  objects:
    description: Companion objects, as M(tracelab.k8s_tracing.release_objects) takes them, for RV(up_to_date).
    type: list
    elements: dict
  secrets:
    description: Secrets that the release needs and its chart does not make, for RV(up_to_date).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      keys:
        description: Keys that it must have.
        type: list
        elements: str
        default: []
      values:
        description: What it must hold, as plain text by its keys. Nothing of it is returned.
        type: dict
        default: {}
      option:
        description: The setting that names it, for a Secret made outside the roles. Such a Secret is not looked for.
        type: str
        default: ""
  fresh_values:
    description:
      - Values that are new in each run, such as an id, by their names at the top of O(values).
      - As long as nothing else has to be done, those that the release has are kept. RV(fresh_values) tells which count.
      - Where the record of the release can't be read they are new.
    type: dict
    default: {}
  size_option:
    description: What the user calls the size of the volumes of the release, for RV(storage_problems).
    type: str
    default: ""
  take_ownership:
    description: Whether the release may take over objects that exist. Only used for rendering. Takes Helm 3.17.
    type: bool
    default: false
  render:
    description:
      - Whether to let Helm render what would be applied, for the diff and for RV(immutable). Costs a dry run of Helm,
        and only when something has to be done. Best set to V({{ ansible_check_mode or ansible_diff_mode }}).
      - Without it, Helm still renders when files of the chart are the only thing that changed.
    type: bool
    default: false
  find_immutable:
    description:
      - Whether to let Helm render an upgrade for RV(immutable), RV(stateful_sets) and RV(storage_problems) alone, so
        that one that Kubernetes would refuse is known before it is begun. Costs a dry run of Helm for each upgrade, and
        nothing when there is nothing to do.
    type: bool
    default: false
  preflight:
    description:
      - What a cluster must have when something has to be done, with the options of
        M(tracelab.k8s_tracing.cluster_preflight); the connection and the namespace are those of this module.
      - Fails as that module does. By default the cluster is not looked at.
      - Then the C(helm) program has to run too, the chart must be there to be had, and with O(take_ownership=true) no
        object of the whole cluster may belong to a release in another namespace.
    type: dict
  binary_path:
    description: Path of the C(helm) program. By default the one on the E(PATH).
    type: path
    default: ""
  kubernetes_core:
    description:
      - Version of C(kubernetes.core) that is to apply the release. With O(preflight), one that does not drive this Helm
        is refused. Empty when it is not known.
    type: str
    default: ""
  roll_back:
    description: Whether the release is to be rolled back. Then the chart is not looked for.
    type: bool
    default: false
  revision:
    description: With O(roll_back=true), the revision to go back to. V(0) for the last good one before the newest.
    type: int
    default: 0
  forward_only:
    description: A part that does not read what a later major version of it has written. To go back is refused.
    type: dict
    suboptions:
      part:
        description: What to call it in the message.
        type: str
        required: true
      image:
        description: Last part of its image's repository, by which the version in a revision is known.
        type: str
        required: true
      version:
        description: The version, or major version, that is wanted.
        type: str
        required: true
  kubeconfig:
    description: Path of a kubeconfig. By default the client's own.
    type: path
  context:
    description: Context in the kubeconfig. By default its current one.
    type: str
  request_timeout:
    description: Seconds until the API server must have answered.
    type: float
    default: 10
seealso:
  - module: kubernetes.core.helm
"""

EXAMPLES = r"""
- name: See what has to be done
  tracelab.k8s_tracing.helm_release_plan:
    release_name: tempo
    namespace: tracing
    chart_ref: tempo
    chart_repo_url: https://grafana-community.github.io/helm-charts
    chart_version: 2.2.4
    values: "{{ own_values | combine(tempo_values, recursive=true) }}"
    user_values: "{{ tempo_values }}"
    user_values_name: tempo_values
    render: "{{ ansible_check_mode or ansible_diff_mode }}"
  register: plan

- name: See what has to be done about several
  tracelab.k8s_tracing.helm_release_plan:
    releases:
      - release_name: tempo
        chart_ref: charts/tempo
      - release_name: alloy
        chart_ref: charts/alloy
  register: plans

- name: Do it
  kubernetes.core.helm:
    release_name: tempo
    namespace: tracing
    chart_ref: tempo
    chart_repo_url: https://grafana-community.github.io/helm-charts
    chart_version: 2.2.4
    values: "{{ own_values | combine(tempo_values, recursive=true) }}"
  when: plan.action in ['install', 'upgrade']
"""

RETURN = r"""
action:
  description:
    - What has to be done.
    - V(recover) means that the newest revision is pending. An operation is under way, or was interrupted.
  type: str
  returned: success
  sample: upgrade
reasons:
  description: Why, in short sentences. Values are named by their paths and never shown.
  type: list
  elements: str
  returned: success
  sample: [value tempo.retention changes, chart version 2.2.3 -> 2.2.4]
up_to_date:
  description:
    - Whether nothing at all has to be done. RV(action) is V(none), O(workloads) are ready, and O(secrets) and
      O(objects) are in place.
    - V(false) when O(workloads) or O(objects) is left out.
  type: bool
  returned: success
fresh_values:
  description: The values for O(fresh_values) that the plan is made with.
  type: dict
  returned: with O(fresh_values)
files_changed:
  description: Whether changed files of the chart are the only reason, which M(kubernetes.core.helm) does not see.
  type: bool
  returned: success
not_detected_by_helm:
  description:
    - Whether M(kubernetes.core.helm) without helm-diff would see none of the reasons and so do nothing.
    - That is so with changed files of the chart, when the last revision failed with the same values, and when a number
      becomes a text.
    - It is V(true) as well when that module can't read the values at all, which is so with the texts V(=) and V(<<)
      and what looks like a date and is none.
  type: bool
  returned: success
immutable:
  description:
    - Fields that would change although Kubernetes lets nobody change them in an object that exists.
    - Known only when something was rendered, and the newest revision did not fail.
  type: list
  elements: str
  returned: success
  sample: [StatefulSet/tempo spec.volumeClaimTemplates]
force_conflicts:
  description:
    - Whether the upgrade must overwrite fields that other field managers have changed, C(force_conflicts) of
      M(kubernetes.core.helm). Helm 4 uses server-side apply for new releases, which fails with a conflict on such a
      field; Helm 3 overwrites it. Known when O(preflight) is given.
  returned: success
  type: bool
  sample: false
stateful_sets:
  description:
    - StatefulSets whose claim templates request another size of storage than those that are to be applied. Kubernetes
      does not let Helm change them. M(tracelab.k8s_tracing.volume_claims) takes this list, enlarges the claims, and
      makes room for Helm to make the StatefulSets anew around their pods.
    - When RV(action) is V(recover), and with O(roll_back=true), what is to be applied is the revision that is gone back
      to. Otherwise it is known only when something was rendered.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the StatefulSet.
      type: str
    claims:
      description: The size that is wanted, by the name of the claim template.
      type: dict
storage_problems:
  description:
    - A sentence for each volume that can't have the size that is asked for, and what to do. A volume never shrinks, and
      grows when it is bound and its storage class has C(allowVolumeExpansion=true).
    - Known only when something was rendered, and with O(roll_back=true) for claims that the revision makes smaller.
  type: list
  elements: str
  returned: success
revision:
  description: Number of the newest revision. V(0) when there is none.
  type: int
  returned: success
status:
  description: Its status, in Helm's words. Empty when there is none.
  type: str
  returned: success
  sample: deployed
description:
  description: What Helm noted about the newest revision, such as the error of one that failed.
  type: str
  returned: success
  sample: Upgrade complete
previous_revision:
  description: Number of the last revision before it that was deployed. V(0) when there is none.
  type: int
  returned: success
installed:
  description: The versions of the newest revision. Empty when there is none.
  type: dict
  returned: success
  contains: &versions
    chart:
      description: Name of the chart.
      type: str
    chart_version:
      description: Its version.
      type: str
    app_version:
      description: The version of the application that the chart names.
      type: str
    images:
      description: The images that the objects name. Empty when nothing has to be done.
      type: list
      elements: str
planned:
  description: The same of what would be applied. Empty when nothing was rendered, or the chart was not read.
  type: dict
  returned: success
  contains: *versions
history:
  description:
    - The revisions whose records can be read, oldest first. By default Helm keeps ten.
    - Empty when nothing has to be done, and without O(forward_only).
  type: list
  elements: dict
  returned: success
  contains:
    revision:
      description: Its number.
      type: int
    status:
      description: Its status, in Helm's words.
      type: str
    version:
      description: The tag of the image that O(forward_only) names, else the version that the chart names.
      type: str
    deployed:
      description: When it was applied, as seconds since 1970. C(null) when the record does not say.
      type: float
releases:
  description: With O(releases), what is returned for each, by its id.
  type: dict
  returned: with O(releases)
connections:
  description:
    - With O(releases), RV(connection) of each by its id, with C(asked), the options O(kubeconfig) and O(context) that
      led there.
  type: dict
  returned: with O(releases)
problems:
  description:
    - With O(releases), a sentence for each with fields that can't be changed, see RV(immutable), and those of
      RV(storage_problems).
  type: list
  elements: str
  returned: with O(releases)
summary:
  description: With O(releases), a line for each that has to be changed.
  type: list
  elements: str
  returned: with O(releases)
  sample: ["upgrade release tempo in namespace tracing: value tempo.retention changes"]
cluster:
  description: What M(tracelab.k8s_tracing.cluster_preflight) returns about the cluster. Empty without O(preflight).
  type: dict
  returned: when something has to be done
connection:
  description: The cluster that this is about, as M(tracelab.k8s_tracing.cluster_preflight) returns it.
  type: dict
  returned: success
diff:
  description: The objects as they were applied last, and as they would be applied.
  type: dict
  returned: when something has to be done and O(render=true)
  contains:
    before:
      description: Objects of the newest revision, ordered by kind and name.
      type: str
    after:
      description: Objects that would be applied.
      type: str
    before_header:
      description: Release and revision.
      type: str
    after_header:
      description: Release.
      type: str
error:
  description: What kept a plan from being made.
  type: dict
  returned: on failure
  contains:
    kind:
      description: Name of the error for programs, such as V(invalid_option), V(chart_not_found) or V(helm_missing).
      type: str
    message:
      description: What went wrong.
      type: str
    fix:
      description: What to do.
      type: str
    retryable:
      description: Whether waiting can help.
      type: bool
    status:
      description: HTTP status, where there is one.
      type: int
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._command import run_by
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._module import finish
from ansible_collections.tracelab.k8s_tracing.plugins.module_utils._release.releases import PLAN_ARGUMENTS, plan


def main() -> None:
    module = AnsibleModule(argument_spec=PLAN_ARGUMENTS, supports_check_mode=True)
    # Helm is handed what was planned, so that the values stay as they are.
    finish(module, lambda: plan(module.params, run_by(module)), exact=("values",))


if __name__ == "__main__":
    main()
