// Command kubenode is every Kubernetes program of a kind node in one static binary, which acts by
// the name that it is called by (as busybox does): it links once and is stored once.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	_ "time/tzdata"

	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
	_ "github.com/coredns/coredns/plugin/rewrite"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	kcm "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubeadmerrors "k8s.io/kubernetes/cmd/kubeadm/app/util/errors"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	metricsserver "sigs.k8s.io/metrics-server/cmd/metrics-server/app"

	"github.com/authbackend/authbackend/e2e/node-image/noded"
)

func run(newCommand func() *cobra.Command) func() { return func() { os.Exit(cli.Run(newCommand())) } }

var programs = map[string]func(){
	"kube-apiserver":          run(apiserver.NewAPIServerCommand),
	"kube-controller-manager": run(kcm.NewControllerManagerCommand),
	"kube-scheduler":          run(func() *cobra.Command { return scheduler.NewSchedulerCommand() }),
	"kube-proxy":              run(proxy.NewProxyCommand),
	"kubelet":                 run(func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) }),
	"kubeadm":                 func() { kubeadmerrors.HandleError(kubeadm.Run()) },
	"kubectl": func() {
		logs.GlogSetter(kubectl.GetLogVerbosity(os.Args))
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err)
		}
	},
	"etcd":           func() { etcdmain.Main(os.Args) },
	"coredns":        coremain.Run,
	"crictl":         crictl,
	"noded":          noded.Main,
	"metrics-server": run(func() *cobra.Command { return metricsserver.NewMetricsServerCommand(context.Background().Done()) }),
}

func main() {
	program, ok := programs[strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")]
	if !ok {
		fmt.Fprintf(os.Stderr, "%s: call me by the name of a Kubernetes program\n", os.Args[0])
		os.Exit(2)
	}
	if filepath.Base(os.Args[0]) != "coredns" {
		withoutCoreDNSFlags()
	}
	program()
}

// withoutCoreDNSFlags takes CoreDNS's flags out of the global set, which some of the other programs
// merge into theirs (kube-proxy's own --version would lose to CoreDNS's).
func withoutCoreDNSFlags() {
	flags := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flag.CommandLine.VisitAll(func(f *flag.Flag) {
		switch f.Name {
		case "conf", "plugins", "pidfile", "version", "quiet", "log-format", "dns.port", "p":
		default:
			flags.Var(f.Value, f.Name, f.Usage)
		}
	})
	flag.CommandLine = flags
}
