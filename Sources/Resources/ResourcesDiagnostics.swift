public import Vocabulary

/// All kinds of diagnostics of this module, for `finflowctl explain`.
public enum ResourcesDiagnostics {
    public static let catalogue: [Diagnostic.Code] =
        FileDiagnostics.catalogue + SystemDiagnostics.catalogue + UndoDiagnostics.catalogue
}
