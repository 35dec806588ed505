module github.com/authbackend/authbackend/e2e/node-image/tools

go 1.26.6

require (
	github.com/containerd/containerd/v2 v2.4.2
	github.com/containernetworking/plugins v1.9.1
	sigs.k8s.io/kind v0.33.0
	helm.sh/helm/v4 v4.3.1
)
