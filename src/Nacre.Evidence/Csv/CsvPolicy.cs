namespace Nacre.Evidence.Csv;

/// <summary>The guest's policy word (evidence.md 11.1).</summary>
public readonly record struct CsvPolicy(uint Raw)
{
    public bool NoDebug => Bit(0);
    public bool NoKeySharing => Bit(1);
    public bool EncryptedState => Bit(2);
    public bool NoSend => Bit(3);
    public bool Domain => Bit(4);
    public bool Csv => Bit(5);
    public bool Csv3 => Bit(6);
    public bool AsidReuse => Bit(7);
    public byte HskVersion => (byte)((Raw >> 8) & 0xf);
    public byte CekVersion => (byte)((Raw >> 12) & 0xf);
    public byte ApiMajor => (byte)(Raw >> 16);
    public byte ApiMinor => (byte)(Raw >> 24);

    private bool Bit(int number) => (Raw >> number & 1) == 1;
}
