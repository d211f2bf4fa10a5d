/* One cell in a loop of one's own: a step of input, and every spike as it comes.

       ./embed_example [INPUT [ONSET_MS [DURATION_MS]]]

   writes the step in which the cell fires and the time in ms; the input is in @INPUT_UNIT@. */
#include <stdio.h>
#include <stdlib.h>

#include "@LIBRARY@.h"

static void give_up(const char* why)
{
    fprintf(stderr, "error: %s\n", why);
    exit(2);
}

static double number(int n, char** words, int place, double otherwise)
{
    char* end;
    if (place >= n) return otherwise;
    const double value = strtod(words[place], &end);
    if (*end || end == words[place]) give_up("expected numbers: [INPUT [ONSET_MS [DURATION_MS]]]");
    return value;
}

int main(int n, char** words)
{
    const double input = number(n, words, 1, @INPUT@), onset = number(n, words, 2, 0);
    const double duration = number(n, words, 3, @DURATION@);
    @LIBRARY@_cells* cell = @LIBRARY@_init(1, 0);
    if (!cell) give_up(@LIBRARY@_error());
    printf("step,t_ms\n");
    for (long step = 0; @LIBRARY@_time(cell) < duration - 1e-9; step++)
    {
        /* Whatever else your program computes in this step stands here. */
        const double now = @LIBRARY@_time(cell) < onset - 1e-9 ? 0 : input;
        const int spikes = @LIBRARY@_step(cell, &now, NULL);
        if (spikes < 0) give_up(@LIBRARY@_error());
        if (spikes) printf("%ld,%.15g\n", step, @LIBRARY@_spike_time(cell, 0));
    }
    @LIBRARY@_destroy(cell);
    return 0;
}
