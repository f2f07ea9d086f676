import Lab
import Testing

/// What runs on converged hosts, asked of the programs themselves.
enum ServerView {
    /// The engine runs with the configuration that it was given, and what prunes it works.
    static func expectEngine(on host: LabHost) async throws {
        func says(_ script: String) async throws -> String {
            let answer = try await host.inspect(script)
            #expect(answer.exit.isSuccess, "\(script): \(answer.errorText)")
            return answer.outputText
        }
        #expect(try await says("docker info --format '{{.LiveRestoreEnabled}}'") == "true\n")
        #expect(try await says("docker info --format '{{.LoggingDriver}}'") == "json-file\n")
        let bridge = try await says(
            "docker network inspect bridge --format '{{json .Options}}'")
        #expect(bridge.contains("\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\""))
        #expect(bridge.contains("\"com.docker.network.bridge.enable_icc\":\"false\""))
        let next = try await says(
            "systemctl show -p NextElapseUSecRealtime --value finflow-docker-prune.timer")
        #expect(next.contains(" 03:") || next.contains(" 04:00:"))
        _ = try await says("systemctl start finflow-docker-prune.service")
        let pruned = try await says("journalctl --unit finflow-docker-prune -o cat --no-pager")
        #expect(pruned.contains("Total reclaimed space"))
    }

    /// The journal outlives a boot, and a service's logs are rotated as the service, which cannot
    /// have root write where it likes.
    static func expectLogs(on host: LabHost) async throws {
        let answer = try await host.inspect(
            """
            set -e
            logs=/var/log/finflow/payments
            setpriv --reuid=finflow-payments --regid=finflow-payments --clear-groups \
            sh -c "umask 027; echo line >$logs/service.log"
            logrotate --force /etc/logrotate.d/finflow-payments
            stat --format='%U %G %a' $logs/service.log $logs/service.log-*
            ls -d /var/log/journal/*/system.journal | wc -l
            setpriv --reuid=finflow-auth --regid=finflow-auth --clear-groups \
            cat $logs/service.log 2>/dev/null || echo others cannot read it
            """)
        #expect(
            answer.outputText == """
                finflow-payments adm 640
                finflow-payments adm 640
                1
                others cannot read it

                """, "\(answer.errorText)")
    }

    /// Prometheus itself says that it reaches the node exporter of each host, and Alertmanager.
    static func expectScraping(on host: LabHost, of hosts: [LabHost]) async throws {
        let query = """
            ask() {
              curl --silent --fail --get http://127.0.0.1:9090/api/v1/query \
              --data-urlencode query="$1" | jq -r '.data.result | length'
            }
            end=$(($(date +%s) + 60))
            until [ "$(ask 'up{job="node"} == 1')" = \(hosts.count) ] &&
              [ "$(ask 'up{job="alertmanager"} == 1')" = 1 ]; do
              [ "$(date +%s)" -lt $end ] || break
              sleep 0.2
            done
            ask 'up{job="node"} == 1'
            ask 'up == 0'
            """
        let answer = try await host.inspect(query)
        #expect(answer.outputText == "\(hosts.count)\n0\n", "\(answer.errorText)")
    }
}
