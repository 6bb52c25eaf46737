// The last CNI plugin of the node's chain: it holds a new pod back until its network rules are in place.
//
// It tells the controllers' socket the pod's name and address, and waits for their word that the rules are in place. The
// kubelet reports an address to the API server up to a second after the pod began to run: too late for its rules, and for
// the rules of whom it talks to. Without that word the pod does not start, and the kubelet tries again.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const (
	patience = 15 * time.Second
	done     = "ok\n"
)

type config struct {
	CNIVersion string          `json:"cniVersion"`
	Socket     string          `json:"socket"`
	PrevResult json.RawMessage `json:"prevResult"`
}

type result struct {
	IPs []struct {
		Address string `json:"address"`
	} `json:"ips"`
}

type notice struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	IP        string `json:"ip"`
}

func fail(err error) {
	fmt.Printf(`{"cniVersion":"1.0.0","code":100,"msg":%q}`, err.Error())
	os.Exit(1)
}

func arguments() map[string]string {
	found := map[string]string{}
	for _, pair := range strings.Split(os.Getenv("CNI_ARGS"), ";") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			found[key] = value
		}
	}
	return found
}

// tell waits for the controllers' word that a pod's rules are in place.
func tell(socket string, pod notice) error {
	connection, err := net.DialTimeout("unix", socket, patience)
	if err != nil {
		return err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	if err := json.NewEncoder(connection).Encode(pod); err != nil {
		return err
	}
	answer, err := io.ReadAll(io.LimitReader(connection, 64))
	if err != nil {
		return err
	}
	if string(answer) != done {
		return fmt.Errorf("the network rules of %s/%s are not in place", pod.Namespace, pod.Name)
	}
	return nil
}

func main() {
	if os.Getenv("CNI_COMMAND") == "VERSION" {
		fmt.Print(`{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}`)
		return
	}
	var given config
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fail(err)
	}
	if os.Getenv("CNI_COMMAND") != "ADD" {
		return
	}
	var before result
	if err := json.Unmarshal(given.PrevResult, &before); err != nil {
		fail(err)
	}
	args := arguments()
	for _, ip := range before.IPs {
		address, _, _ := strings.Cut(ip.Address, "/")
		if err := tell(given.Socket, notice{args["K8S_POD_NAMESPACE"], args["K8S_POD_NAME"], address}); err != nil {
			fail(err)
		}
	}
	os.Stdout.Write(given.PrevResult)
}
