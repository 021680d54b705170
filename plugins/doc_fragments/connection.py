# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options by which modules reach Tempo, Alloy, Grafana and the Kubernetes API."""

from __future__ import annotations


class ModuleDocFragment:
    # One way each: tracelab.k8s_tracing.connection.tempo, .alloy, .grafana, .kubernetes. The texts stand in the class
    # itself, where `ansible-test sanity` looks for them.
    TEMPO = r"""
options:
  url:
    description:
      - Address of Tempo's HTTP API, with a path when it lies below a prefix.
      - When it is left out, Tempo is reached through the Kubernetes API server's service proxy, which works from
        wherever C(kubectl) works and takes no port-forward; see O(namespace), O(service) and O(kubeconfig).
    type: str
  namespace:
    description:
      - Namespace of Tempo's Service.
      - Only used without O(url).
    type: str
    default: tracing
  service:
    description:
      - Name of Tempo's Service.
      - Only used without O(url).
    type: str
    default: tempo
  service_port:
    description: Port number of Tempo's HTTP API in O(service).
    type: int
    default: 3200
  service_scheme:
    description: How the API server speaks to O(service).
    type: str
    default: http
    choices: [http, https]
  kubeconfig:
    description:
      - Kubeconfig file for the service proxy.
      - Can be set by the environment variable E(K8S_AUTH_KUBECONFIG). Else E(KUBECONFIG) and C(~/.kube/config) are
        tried, and inside of a pod its service account.
      - Its user needs the right to C(get) C(services/proxy). With the right to C(list) C(endpointslices) and to C(get)
        C(pods/proxy), the counters of all replicas are added up; else one replica answers for all.
    type: path
  context:
    description:
      - Context of the kubeconfig to use in place of its current one.
      - Can be set by the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  tenant:
    description: Tenant whose traces are looked at, sent as C(X-Scope-OrgID). A multi-tenant Tempo wants one.
    type: str
  url_username:
    description: User name for HTTP basic authentication. Works with O(url) only.
    type: str
  url_password:
    description: Password that goes with O(url_username).
    type: str
  bearer_token:
    description: Token for the C(Authorization) header. Works with O(url) only, and excludes O(url_username).
    type: str
  validate_certs:
    description:
      - Whether to check TLS certificates, those of Tempo's O(url) and of any other address that is given here.
      - For the API server, the kubeconfig decides.
    type: bool
    default: true
  ca_path:
    description: PEM file with the authorities to trust, for O(url) and any other address that is given here.
    type: path
  client_cert:
    description: PEM file with a client certificate for O(url), which may hold its key as well.
    type: path
  client_key:
    description: PEM file with the key of O(client_cert).
    type: path
  request_timeout:
    description: Seconds that one request may take from its first to its last byte.
    type: float
    default: 10
"""

    ALLOY = r"""
options:
  alloy_url:
    description:
      - Address of Alloy's HTTP server, whose counters tell how far spans came.
      - With O(url), Alloy is looked at only when this is set.
    type: str
  alloy_namespace:
    description: Namespace of Alloy's Service. By default the same as O(namespace).
    type: str
  alloy_service:
    description: Name of Alloy's Service. Used when neither O(url) nor O(alloy_url) is set.
    type: str
    default: alloy
  alloy_service_port:
    description: Port number of Alloy's HTTP server in O(alloy_service).
    type: int
    default: 12345
"""

    GRAFANA = r"""
options:
  url:
    description:
      - Address of Grafana, with a prefix where it has one.
      - By default its Service is asked through the API server.
    type: str
  namespace:
    description: Namespace of Grafana's Service.
    type: str
    default: tracing
  service:
    description: Name of Grafana's Service.
    type: str
    default: grafana
  service_port:
    description: Port of that Service.
    type: int
    default: 80
  service_scheme:
    description: Whether that Service speaks HTTP or HTTPS.
    type: str
    choices: [http, https]
    default: http
  service_path:
    description: Path that stands in front of all others, such as V(/grafana) where Grafana is served from a sub-path.
    type: str
    default: ''
  headers:
    description:
      - Headers with the login, C(Authorization) with O(url).
      - The API server does not forward that one, so that a Service takes a C(Cookie), see
        M(tracelab.k8s_tracing.service_uri).
    type: dict
    default: {}
  login_secret:
    description:
      - Secret in O(namespace) with the login of a Grafana that is asked through the API server. The module itself reads
        it and opens a session; nothing of it is returned.
      - Excludes O(url).
    type: dict
    suboptions:
      name:
        description: Name of the Secret.
        type: str
        required: true
      user_key:
        description: Its key for the user's name.
        type: str
        default: admin-user
      password_key:
        description: Its key for the password.
        type: str
        default: admin-password
  poll_interval:
    description: Seconds between the first looks; later pauses grow up to five times that.
    type: float
    default: 2
  validate_certs:
    description: Whether the certificate of O(url) must be right.
    type: bool
    default: true
  ca_path:
    description: File with the certificates of the authorities for O(url).
    type: path
"""

    KUBERNETES = r"""
options:
  kubeconfig:
    description:
      - Path of a kubeconfig. By default the client's own.
      - Can be set by the environment variable E(K8S_AUTH_KUBECONFIG).
    type: path
  context:
    description:
      - Context in the kubeconfig. By default its current one.
      - Can be set by the environment variable E(K8S_AUTH_CONTEXT).
    type: str
  request_timeout:
    description: Seconds until a request must be answered.
    type: float
    default: 10
"""
