public import Vocabulary

extension Diagnostic.Code {
    public static let noSecretsFile = Self(
        "FF1401", "an environment has no secrets.age",
        explanation: """
            The credentials of an environment are the file environments/NAME/secrets.age, encrypted \
            to the public keys in recipients.txt beside it. To begin one:

              finflowctl secrets keygen
              finflowctl secrets recipients add age1… --env NAME
              finflowctl secrets set payments_db_password --env NAME
            """)
    public static let secretsUnreadable = Self(
        "FF1402", "secrets.age cannot be read",
        explanation: """
            The file was opened, and what is in it is not what finflowctl writes. It is YAML: \
            `age --decrypt --identity FILE secrets.age` shows it, and `finflowctl secrets edit` \
            changes it without breaking it. Take an older version of the file from git where it is \
            beyond repair.
            """)
    public static let noIdentity = Self(
        "FF1403", "there is no key to open secrets.age with",
        explanation: """
            The key is read from the file that `--identity` names (`-` is standard input), else from \
            the one whose path is in $FINFLOW_IDENTITY, else from ~/.config/finflow/identity.txt. \
            `finflowctl secrets keygen` makes one; somebody who has one already then adds its public \
            key with `finflowctl secrets recipients add`. The key itself never stands in an \
            argument or in the environment, where others could see it.
            """)
    public static let exposedIdentity = Self(
        "FF1404", "a secret key that others can read",
        explanation: """
            The file of a secret key is for its owner alone: mode 0600, owned by who uses it. If \
            others could read it, they may have: make a new key, `secrets recipients add` it, \
            `secrets recipients remove` the old one, and change the credentials.
            """)
    public static let lockedIdentity = Self(
        "FF1405", "a secret key that is protected by a passphrase",
        explanation: """
            The passphrase is asked for on the terminal, and only there. Where nobody sits in front \
            of one (cron, CI), use a key of its own that is not protected: a file of mode 0600 that \
            only that job's user can read, and its public key in recipients.txt, so that it can be \
            taken out again by itself.
            """)
    public static let badCredential = Self(
        "FF1406", "a name or a value that no credential can have",
        explanation: """
            A name has lowercase letters, digits and `_`, and begins with a letter: it stands behind \
            `secrets.` in templates. A value is a text of at most 1 MiB, not empty, without NUL. \
            Values are never shown, so a message tells the place and not the text.
            """)
    public static let unknownCredential = Self(
        "FF1407", "a credential that there is not",
        explanation: "`finflowctl secrets list --env NAME` lists those that there are.")
    public static let secretsConflict = Self(
        "FF1408", "somebody else changed the same credentials", status: .failed,
        explanation: """
            Between reading and writing, another run wrote secrets.age, and both changed the same \
            credential. Nothing was written. Changes of different credentials are put together by \
            themselves. Look with `finflowctl secrets list`, and decide which value is the right one.
            """)
    public static let secretsLocked = Self(
        "FF1409", "secrets.age is being written", status: .locked,
        explanation: """
            Another finflowctl on this machine holds the lock of the file, which takes an instant \
            normally. It is released when that process ends, however it ends.
            """)
    public static let foreignRecipients = Self(
        "FF1410", "recipients.txt is not whom secrets.age was encrypted to",
        explanation: """
            The list of recipients was edited, or came with a commit, and nobody has encrypted the \
            file to it yet. Before anything is written, somebody has to look at the difference: a \
            key that was slipped in could read everything from then on. `finflowctl secrets rekey` \
            takes the list as it is.
            """)
    public static let badRecipients = Self(
        "FF1411", "a change of the recipients that would lock people out",
        explanation: """
            There is always one recipient at least. Whoever removes their own key cannot open the \
            file any more: that wants `--force`. A key that was removed still opens older versions \
            of the file, which git keeps: change the credentials too.
            """)
    public static let editFailed = Self(
        "FF1412", "the credentials could not be edited", status: .failed,
        explanation: """
            `secrets edit` puts the text into memory (a tmpfs: $XDG_RUNTIME_DIR or /dev/shm), never \
            on a disk, and starts $VISUAL or $EDITOR on it. Without either, or without a terminal, \
            use `secrets set`.
            """)
    public static let identityExists = Self(
        "FF1413", "a secret key is there already",
        explanation: """
            A key is never written over another one: what only the old key opens would be lost. Name \
            another file with `--identity`, or move the old one away.
            """)
    public static let secretsUnwritable = Self(
        "FF1414", "a file of the credentials cannot be read or written", status: .failed,
        explanation: """
            The system's reason stands in the message. Files are replaced whole or not at all: what \
            was there before is still there.
            """)
}

public enum SecretsDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .noSecretsFile, .secretsUnreadable, .noIdentity, .exposedIdentity, .lockedIdentity,
        .badCredential, .unknownCredential, .secretsConflict, .secretsLocked, .foreignRecipients,
        .badRecipients, .editFailed, .identityExists, .secretsUnwritable,
    ]
}
