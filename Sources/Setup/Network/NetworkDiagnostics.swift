public import Vocabulary

extension Diagnostic.Code {
    public static let networkReverted = Self(
        "FF0830", "a change cut the host off, and the host put it back", status: .failed,
        explanation: """
            The task says `network: true`. After its change nobody could log in over a new \
            connection, so the host put back by itself what was there before: files, the \
            firewall's table, and by running the handler again what the handler had made a \
            service read. `network/last.json` in the state directory of the host says when and \
            why, `network/last.log` what was printed. Look at what the task changes (whom sshd \
            lets in and on which port, what the firewall lets through, where the operator comes \
            from), mend it and run again. A host that only answers slowly gets more time by the \
            variable `network_revert_seconds`.
            """)
    public static let networkLost = Self(
        "FF0831", "a change cut the host off, and it did not come back", status: .failed,
        explanation: """
            After a change of a task with `network: true` nobody could log in over a new \
            connection, nor after the time at which the host puts such a change back by itself. \
            Either it could not put it back, or something else keeps it from being reached. At \
            its console, `sh /var/lib/finflow/network/revert all failed` puts back what is still \
            armed, and `network/last.log` there says what was done.
            """)
    public static let networkUnarmed = Self(
        "FF0832", "a change that could cut the host off was not begun", status: .failed,
        explanation: """
            Before the change of a task with `network: true` the host keeps what it replaces, \
            and arms a revert that runs without anybody's help. It could do one or the other not, \
            so nothing was changed. What it printed stands below the message: often its disk is \
            full.
            """)
}

extension NetworkRevert {
    static let codes: [Diagnostic.Code] = [.networkReverted, .networkLost, .networkUnarmed]
}
