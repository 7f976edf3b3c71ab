namespace Nacre.Evidence.Snp;

/// <summary>State of the platform. Bits that no document names occur on genuine machines: they are information, never an error.</summary>
public readonly record struct SnpPlatform(ulong Value)
{
    public bool SmtEnabled => Bit(0);
    public bool TsmeEnabled => Bit(1);
    public bool EccEnabled => Bit(2);
    public bool RaplDisabled => Bit(3);
    public bool CiphertextHidingEnabled => Bit(4);
    public bool AliasCheckComplete => Bit(5);
    public bool TioEnabled => Bit(7);

    private bool Bit(int number) => (Value >> number & 1) != 0;
}

/// <summary>Which kind of key signed a report.</summary>
public enum SnpSigningKey
{
    /// <summary>Derived from the chip: the versioned chip endorsement key.</summary>
    Vcek = 0,

    /// <summary>Given to a cloud provider: the versioned loaded endorsement key.</summary>
    Vlek = 1,

    /// <summary>The report is not signed.</summary>
    None = 7,
}

/// <summary>Version of the firmware on the secure processor.</summary>
public readonly record struct SnpFirmware(byte Major, byte Minor, byte Build)
{
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Build}");
}
