using System.Text;
using Nacre.Formats;

namespace Nacre.Cli.Image;

/// <summary>The password of a private key: from COSIGN_PASSWORD, as cosign has it, else asked for.</summary>
internal static class KeyPassword
{
    private const string Variable = "COSIGN_PASSWORD";

    public static SecretBytes Ask()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } given)
            return SecretBytes.Own(Encoding.UTF8.GetBytes(given));
        if (Console.IsInputRedirected)
            throw new FormatException($"the private key is encrypted; set {Variable}, or run this on a terminal");

        Console.Error.Write("password of the private key: ");
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } pressed)
        {
            if (pressed.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (pressed.KeyChar != '\0')
                text.Append(pressed.KeyChar);
        }

        Console.Error.WriteLine();
        return SecretBytes.Own(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
