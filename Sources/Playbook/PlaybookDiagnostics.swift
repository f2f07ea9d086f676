public import Vocabulary

extension Diagnostic.Code {
    public static let missingPlaybookFile = Self(
        "FF0210", "a file of the playbooks is missing or cannot be read",
        explanation: """
            A playbook directory holds site.yaml, environments/NAME/environment.yaml and for each \
            role roles/NAME/role.yaml with templates/ and files/ beside it. `--playbooks` and \
            $FINFLOW_PLAYBOOKS say where it is.
            """)
    public static let pathLeavesRole = Self(
        "FF0211", "a path that leads out of its role",
        explanation: """
            A role is complete in its directory: a source is named relative to the role's files/ \
            or templates/, without `..`, and no symbolic link leads out of it.
            """)
    public static let malformedTask = Self(
        "FF0212", "a task without exactly one resource",
        explanation: """
            A task has an `id`, keys that say when and in which order it is done, and exactly one \
            key that names a type of resource. `finflowctl doc` lists the types.
            """)
    public static let duplicateTask = Self(
        "FF0213", "two tasks of one id",
        explanation: """
            An id names a task within its role, for `after`, `notify` and outputs, in plans and in \
            journals. Handlers are named among the tasks. The items of a `for_each` are named \
            `id[key]`, and need keys that differ.
            """)
    public static let unknownTask = Self(
        "FF0214", "a name of a task that does not exist",
        explanation: """
            `after` takes the id of a task of the same role, `role/task` for another role on the \
            same host, or `hosts:role/task`, where `hosts` is a group, a host or a pattern, for \
            tasks on other hosts. `notify` takes handlers: `id` or `role/id`.
            """)
    public static let unknownRole = Self(
        "FF0215", "a role that does not exist",
        explanation: "A role NAME is the file roles/NAME/role.yaml, which says `role: NAME`.")
    public static let variableCycle = Self(
        "FF0216", "variables that are defined by each other",
        explanation: """
            A variable's value may use other variables, but none of them may lead back to it. To \
            extend a list that a lower layer set, give the two lists two names.
            """)
    public static let badVariableName = Self(
        "FF0217", "a name that a variable cannot have",
        explanation: """
            Letters, digits and `_`, not a digit first. `facts`, `host`, `hosts`, `groups`, \
            `environment`, `platform`, `role`, `tasks`, `item`, `item_key` and `secrets` are set by \
            finflowctl.
            """)
    public static let knownOnlyLater = Self(
        "FF0218", "a value that is known only later",
        explanation: """
            Facts and outputs of tasks are known once a host was asked. They may be used in the \
            fields of a resource and in `when`, but not where the graph itself depends on them: in \
            `for_each`, and not before the task that gives them.
            """)
    public static let badForEach = Self(
        "FF0219", "something that cannot be repeated over",
        explanation: """
            `for_each` takes a list or a mapping, or a text that is one template with such a value. \
            An item's key is its text, its `name`, `id` or `key`, or its position; keys must differ.
            """)
    public static let missingParameter = Self(
        "FF0220", "a parameter of a role that nobody sets",
        explanation: """
            The role declares the parameter as required. Set it where the role is named in \
            site.yaml, or as a variable of the environment, a group or a host.
            """)
    public static let roleTwice = Self(
        "FF0221", "a role twice on one host",
        explanation: """
            A role is applied once to a host, even when several plays name it, unless it is given \
            different variables; then each application needs a name of its own: `as: payments`.
            """)
    public static let unknownTag = Self(
        "FF0222", "a tag that no task has",
        explanation: """
            Tags stand on plays, roles and tasks; the name of a role is a tag of all its tasks.
            """)
    public static let missingOutput = Self(
        "FF0223", "an output that there is not",
        explanation: """
            A task declares what it gives to others, made of what its resource gives: \
            `outputs: { token: stdout }`. Others use it as `tasks.ID.token` if they stand in the \
            same role, or name the task in their `after`. A command that had nothing to do gives \
            no more than `ran`, which is false: say what its output is then, \
            `stdout | default("")`, or do what uses it only `when: tasks.ID.token is defined`.
            """)
    public static let onlyInHandlers = Self(
        "FF0224", "a state that only a handler can have",
        explanation: """
            A restart is due when something changed, which a handler knows and a task does not. \
            Put the resource under `handlers:` and name it in `notify:`.
            """)
    public static let malformedCondition = Self(
        "FF0225", "a condition that is not an expression",
        explanation: "`when` takes a bare expression, as between the braces of a template.")
    public static let unusedAssignment = Self(
        "FF0226", "a variable of `--set` that nothing knows",
        explanation: """
            `--set name=value` stands above every other place that sets the variable, so there has \
            to be one, or something that uses it: in an environment, in site.yaml or in a role.
            """)
    public static let unguarded = Self(
        "FF0230", "a task that could cut its host off, and that the host cannot put back",
        explanation: """
            Before a task with `network: true` is in force, the host keeps what it needs to put \
            the change back by itself. It can do so for files, links, services and the firewall, \
            and do a handler again after it has put back what the handler read. A file that a \
            handler brings into force is guarded when that handler says `network: true` as well: \
            before it runs, a new connection proves nothing.
            """)
}

public enum PlaybookDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .missingPlaybookFile, .pathLeavesRole, .malformedTask, .duplicateTask, .unknownTask,
        .unknownRole, .variableCycle, .badVariableName, .knownOnlyLater, .badForEach,
        .missingParameter, .roleTwice, .unknownTag, .missingOutput, .onlyInHandlers,
        .malformedCondition, .unusedAssignment, .unguarded,
    ]
}

extension Diagnostics {
    init(_ one: Diagnostic) {
        self.init([one])
    }
}
