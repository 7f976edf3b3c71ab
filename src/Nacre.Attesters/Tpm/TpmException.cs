namespace Nacre.Attesters.Tpm;

/// <summary>The TPM refused a command. The codes are those of TPM 2.0 Library part 2, section 6.6.</summary>
public sealed class TpmException(TpmCommandCode command, uint responseCode)
    : Exception($"TPM2_{command}: {Describe(responseCode)} (0x{responseCode:x3})")
{
    internal const uint Yielded = 0x908;
    internal const uint Testing = 0x90A;
    internal const uint Retry = 0x922;

    public TpmCommandCode Command { get; } = command;

    /// <summary>As received, with the bits that number a handle, session or parameter.</summary>
    public uint ResponseCode { get; } = responseCode;

    /// <summary>The code without the number of the handle, session or parameter it is about.</summary>
    public uint BareCode { get; } = Bare(responseCode);

    /// <summary>The handle, NV index or PCR that was named does not exist.</summary>
    public bool IsNotFound => BareCode is 0x08B or 0x910 or 0x14A;

    private static uint Bare(uint code) => (code & 0x80) != 0 ? code & 0x0BF : code;

    private static string Describe(uint code) => Bare(code) switch
    {
        0x100 => "the TPM is not initialised; start swtpm with --flags startup-clear, or send Startup",
        0x101 => "the TPM is in failure mode; reset it",
        0x120 => "the command is disabled",
        0x12F => "an authorisation value is required; this hierarchy has a password",
        0x143 => "the TPM does not know this command",
        0x14A or 0x08B => "the handle does not exist",
        0x148 => "the NV index is locked for reading",
        0x149 => "the NV index may not be read with this authorisation",
        0x14B => "the NV space is used up",
        0x14C => "the NV index is already defined",
        0x082 => "an attribute does not fit",
        0x083 => "the hash algorithm is not supported",
        0x084 => "a value is out of range or does not fit",
        0x085 => "the hierarchy is disabled or is the wrong one",
        0x08E => "the authorisation failed; the hierarchy or key has a password",
        0x092 => "the scheme is not supported by the key",
        0x095 => "a structure has the wrong size",
        0x09A => "the structure has a wrong tag",
        0x09D => "the policy is not satisfied",
        0x09F => "the integrity value does not match: the credential was made for another TPM or another key",
        0x0A2 => "the authorisation failed",
        0x902 => "no room for another loaded key; flush the transient keys (tpm2_flushcontext -t) or use /dev/tpmrm0",
        0x903 => "no room for another session; flush the sessions (tpm2_flushcontext -l -s)",
        0x904 => "out of memory",
        0x910 => "there is no object at this handle",
        0x921 => "locked out after failed authorisations; wait, or tpm2_dictionarylockout -c",
        Yielded or Testing or Retry => "the TPM is busy and stayed so",
        _ => "refused",
    };
}
