/* An old-fashioned CGI program: counts the words of what is posted to it, as "how often  word", most frequent first.
   GET tells how to use it, with a text from the files it was given.

   Built with wasi-libc (Debian: wasi-libc, libclang-rt-14-dev-wasm32, lld):
     clang --target=wasm32-wasi --sysroot=/usr -Os -Wl,--strip-all -o wordcount.wasm wordcount.c */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kWordMax = 64, kWordsMax = 4096 };
static struct { char word[kWordMax]; int count; } words[kWordsMax];
static int used;

static void count(const char* word) {
  for (int i = 0; i < used; ++i) {
    if (strcmp(words[i].word, word) == 0) { ++words[i].count; return; }
  }
  if (used == kWordsMax) return;
  strcpy(words[used].word, word);
  words[used++].count = 1;
}

static int more_often(const void* a, const void* b) {
  const int x = *(const int*)((const char*)a + kWordMax), y = *(const int*)((const char*)b + kWordMax);
  return x != y ? y - x : strcmp(a, b);
}

static int usage(void) {
  FILE* file = fopen("/share/usage.txt", "r");
  if (file == NULL) { perror("usage.txt"); return 1; }
  printf("Content-Type: text/plain\n\nHello from C at %s.\n", getenv("COLO"));
  for (int c; (c = fgetc(file)) != EOF;) putchar(c);
  fclose(file);
  return 0;
}

int main(void) {
  const char* method = getenv("REQUEST_METHOD");
  if (method == NULL || strcmp(method, "POST") != 0) return usage();
  char word[kWordMax];
  int length = 0;
  for (int c; (c = getchar()) != EOF || length > 0;) {
    if (c != EOF && isalpha(c)) {
      if (length < kWordMax - 1) word[length++] = (char)tolower(c);
      continue;
    }
    word[length] = '\0';
    if (length > 0) count(word);
    length = 0;
  }
  if (used == 0) {
    printf("Status: 422 No Words\nContent-Type: text/plain\n\nPost some words.\n");
    return 0;
  }
  qsort(words, (size_t)used, sizeof words[0], more_often);
  const char* limit = getenv("QUERY_STRING");
  int top = limit != NULL && strncmp(limit, "top=", 4) == 0 ? atoi(limit + 4) : used;
  printf("Content-Type: text/plain\nX-Words: %d\n\n", used);
  for (int i = 0; i < used && i < top; ++i) printf("%5d  %s\n", words[i].count, words[i].word);
  return 0;
}
