import Playbook
import Testing

/// Roles that lie in the playbooks and that no play names.
@Suite("Roles that no play names")
struct UnnamedRoleTests {
    private static let named = ["roles/r/role.yaml": "role: r\n"]

    private func complaints(_ files: [String: String]) throws -> String {
        let folder = try PlaybookFolder(Self.named.merging(files) { $1 })
        #expect(folder.complaints() == "")
        return folder.complaints(reach: .all)
    }

    @Test("are right when only a play could say their variables")
    func right() throws {
        let told = try complaints([
            "roles/other/role.yaml": """
            role: other
            parameters: { p: { required: true } }
            after: [r, third]
            tasks:
              - { id: t, template: { source: t, path: "/{{ p }}" }, notify: third/h }
              - { id: u, after: "db:third/t", file: { source: "{{ p }}", path: /x } }
            """,
            "roles/other/templates/t": "{{ p }}",
            "roles/third/role.yaml": """
            role: third
            tasks: [{ id: t, file: { path: /x } }]
            handlers: [{ id: h, service: { name: x, state: restarted } }]
            """,
            "roles/.git/config": "",
        ])
        #expect(told == "")
    }

    @Test("are read all the same: keys, types, references, templates, files")
    func wrong() throws {
        let told = try complaints([
            "roles/other/role.yaml": """
            role: other
            after: [fourth]
            tasks:
              - { id: t, template: { source: t, path: /x }, notify: nobody }
              - { id: u, file: { source: missing, path: /y } }
            """,
            "roles/other/templates/t": "{{ p }",
            "roles/third/role.yaml": "role: third\ntaks: []\n",
            "roles/empty/files/x": "",
        ])
        for expected in [
            "there is no role `fourth`", "the role `other` has no handler `nobody`",
            "roles/other/templates/t:1:", "files/missing cannot be read",
            "unknown key `taks` in a role",
            "the role `empty` cannot be read: roles/empty/role.yaml: No such file or directory",
        ] { #expect(told.contains(expected), "\(told)") }
    }

    @Test("the files of a role that a play names for no host are read as well")
    func noHost() throws {
        let told = try complaints([
            "site.yaml": "- { hosts: all, roles: [r] }\n- { hosts: none, roles: [third] }\n",
            "environments/test/environment.yaml":
                "inventory: { hosts: { a: {} }, groups: { none: {} } }",
            "roles/third/role.yaml": """
            role: third
            tasks: [{ id: t, template: { source: t, path: /x } }]
            """,
            "roles/third/templates/t": "{% if x %}",
        ])
        #expect(told.contains("roles/third/templates/t:1:"), "\(told)")
    }
}
