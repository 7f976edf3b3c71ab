namespace Nacre.Evidence;

/// <summary>The names of TEEs on the wire (kbs-types <c>Tee</c>). The only list of them.</summary>
public static class TeeNames
{
    public const string Tdx = "tdx";
    public const string Sgx = "sgx";
    public const string Snp = "snp";
    public const string AzSnpVtpm = "az-snp-vtpm";
    public const string Tpm = "tpm";
    public const string Se = "se";
    public const string Nvidia = "nvidia";
    public const string Sample = "sample";

    /// <summary>Every name this build knows, in the order of detection. The TEEs that prove nothing come last.</summary>
    public static IReadOnlyList<string> All { get; } = [AzSnpVtpm, Tdx, Sgx, Snp, Se, Tpm, Nvidia, Sample];
}
