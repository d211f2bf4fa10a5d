/* One cell in a loop of one's own: a step of input, and every spike as it comes.

       ./embed_example [INPUT [ONSET_MS [DURATION_MS]]]

   writes the step in which the cell fires and the time in ms; the input is in @INPUT_UNIT@. */
#include <stdio.h>
#include <stdlib.h>

#include "@LIBRARY@.h"

int main(int n, char** words)
{
    const double input = n > 1 ? atof(words[1]) : @INPUT@;
    const double onset = n > 2 ? atof(words[2]) : 0, duration = n > 3 ? atof(words[3]) : @DURATION@;
    @LIBRARY@_cells* cell = @LIBRARY@_init(1, 0);
    if (!cell)
    {
        fprintf(stderr, "error: %s\n", @LIBRARY@_error());
        return 1;
    }
    printf("step,t_ms\n");
    for (long step = 0; @LIBRARY@_time(cell) < duration - 1e-9; step++)
    {
        /* Whatever else your program computes in this step stands here. */
        const double now = @LIBRARY@_time(cell) < onset - 1e-9 ? 0 : input;
        const int spikes = @LIBRARY@_step(cell, &now, NULL);
        if (spikes < 0)
        {
            fprintf(stderr, "error: %s\n", @LIBRARY@_error());
            return 1;
        }
        if (spikes) printf("%ld,%.15g\n", step, @LIBRARY@_spike_time(cell, 0));
    }
    @LIBRARY@_destroy(cell);
    return 0;
}
