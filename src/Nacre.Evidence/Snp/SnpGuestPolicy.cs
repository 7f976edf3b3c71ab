namespace Nacre.Evidence.Snp;

/// <summary>What the owner of the guest allows the host to do with it (SEV-SNP firmware ABI, table "guest policy").</summary>
public readonly record struct SnpGuestPolicy(ulong Value)
{
    public byte AbiMinor => (byte)Value;
    public byte AbiMajor => (byte)(Value >> 8);
    public bool SmtAllowed => Bit(16);
    public bool ReservedOneIsSet => Bit(17);
    public bool MigrationAgentAllowed => Bit(18);
    public bool DebugAllowed => Bit(19);
    public bool SingleSocketOnly => Bit(20);
    public bool CxlAllowed => Bit(21);
    public bool MemoryXtsRequired => Bit(22);
    public bool RaplDisabled => Bit(23);
    public bool CiphertextHiding => Bit(24);
    public bool PageSwapDisabled => Bit(25);

    private bool Bit(int number) => (Value >> number & 1) != 0;
}
