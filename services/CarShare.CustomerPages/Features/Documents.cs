using System.Buffers;
using System.Text;
using CarShare.CustomerPages.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CarShare.CustomerPages.Features;

/// <summary>
/// Answers made of stored documents as they are; taking them apart to put them together again would be the dearest part
/// of a read.
/// </summary>
static class Documents
{
    public static Utf8ContentHttpResult Json(Action<ArrayBufferWriter<byte>> write)
    {
        var json = new ArrayBufferWriter<byte>(1024);
        write(json);
        return Json(json.WrittenSpan);
    }

    public static Utf8ContentHttpResult Json(ReadOnlySpan<byte> utf8) =>
        TypedResults.Text(utf8, "application/json; charset=utf-8");

    public static void Text(this ArrayBufferWriter<byte> json, string text) => json.Write(Encoding.UTF8.GetBytes(text));

    public static void Items(this ArrayBufferWriter<byte> json, IReadOnlyList<StoredPage> pages)
    {
        json.Write("["u8);
        for (var i = 0; i < pages.Count; i++)
        {
            if (i > 0) json.Write(","u8);
            json.Write(pages[i].Json);
        }

        json.Write("]"u8);
    }
}
