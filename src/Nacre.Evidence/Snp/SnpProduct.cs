namespace Nacre.Evidence.Snp;

/// <summary>The line of processors. Bergamo and Siena are Genoa to the key infrastructure.</summary>
public enum SnpProduct
{
    Milan,
    Genoa,
    Turin,
}

public static class SnpProducts
{
    /// <summary>The product that CPUID names (evidence.md 5.1); null when no root of it is known here.</summary>
    public static SnpProduct? FromCpuid(byte family, byte model) => (family, model) switch
    {
        (0x19, <= 0x0f) => SnpProduct.Milan,
        (0x19, >= 0x10 and <= 0x1f) or (0x19, >= 0xa0 and <= 0xaf) => SnpProduct.Genoa,
        (0x1a, <= 0x11) => SnpProduct.Turin,
        _ => null,
    };

    /// <summary>How certificates and the key distribution service spell it.</summary>
    public static string Name(this SnpProduct product) => product switch
    {
        SnpProduct.Milan => "Milan",
        SnpProduct.Genoa => "Genoa",
        _ => "Turin",
    };
}
